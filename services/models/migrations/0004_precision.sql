-- Filters on memory go by weight_gib: nothing reads the precision.
ALTER TABLE models DROP COLUMN precision;
