-- Parameters by group (domain/sizing/weight_groups.py), for filters on memory at any precision; null where unknown.
ALTER TABLE models ADD COLUMN weight_groups double precision[];
ALTER TABLE staged ADD COLUMN weight_groups double precision[];
-- All as one network until the next import counts them: what filters went by so far.
UPDATE models SET weight_groups = ARRAY[0, 0, 0, 0, parameters, 0, 0] WHERE parameters IS NOT NULL;
