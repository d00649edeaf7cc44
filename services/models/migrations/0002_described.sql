-- Whether a passage was written from the record, since the card says little.
ALTER TABLE chunks ADD COLUMN described boolean NOT NULL DEFAULT false;
