-- What was refused when a part was read, so that it is known again when the part is taken up without reading.

ALTER TABLE parts ADD COLUMN refused_count integer NOT NULL DEFAULT 0;

CREATE TABLE part_refusals (
    part_id bigint NOT NULL REFERENCES parts ON DELETE CASCADE,
    position integer NOT NULL,
    location text NOT NULL,
    reason text NOT NULL,
    PRIMARY KEY (part_id, position)
);
