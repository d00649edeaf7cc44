-- Towers are a group of parameters of their own: none until the next import counts them.
UPDATE models SET weight_groups = array_append(weight_groups, 0) WHERE weight_groups IS NOT NULL;
UPDATE staged SET weight_groups = array_append(weight_groups, 0) WHERE weight_groups IS NOT NULL;
