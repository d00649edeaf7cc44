-- Ids of the Hub mean the same in upper and lower case.
CREATE INDEX models_id_in_any_case ON models (lower(model_id));
