-- A part is what one provider offered when it was last read. Parts never change; a snapshot is a set of parts, one for
-- each provider, so that snapshots share what did not change and a failed provider keeps its last part.

CREATE TABLE parts (
    part_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    provider text NOT NULL,
    importer text NOT NULL,
    content_hash text NOT NULL,
    offer_count integer NOT NULL CHECK (offer_count > 0),
    oldest_as_of timestamptz NOT NULL,
    newest_as_of timestamptz NOT NULL,
    stored_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (provider, content_hash)
);

CREATE TABLE part_machines (
    part_id bigint NOT NULL REFERENCES parts ON DELETE CASCADE,
    position integer NOT NULL,
    instance_type text NOT NULL,
    gpu_type text NOT NULL,
    gpu_known boolean NOT NULL,
    gpu_count integer NOT NULL CHECK (gpu_count >= 0),
    gpu_memory_gib double precision CHECK ((gpu_memory_gib IS NULL) = (gpu_count = 0)),
    vcpus double precision,
    memory_gib double precision,
    local_disk_gb double precision,
    network_gbits double precision,
    PRIMARY KEY (part_id, position)
);

CREATE TABLE part_places (
    part_id bigint NOT NULL REFERENCES parts ON DELETE CASCADE,
    position integer NOT NULL,
    region text NOT NULL,
    zone text NOT NULL,
    PRIMARY KEY (part_id, position)
);

CREATE TABLE part_sources (
    part_id bigint NOT NULL REFERENCES parts ON DELETE CASCADE,
    position integer NOT NULL,
    name text NOT NULL,
    as_of timestamptz NOT NULL,
    origin text NOT NULL,
    PRIMARY KEY (part_id, position)
);

-- Only numbers, none of them null: read as one block of bytes. machine, place and source are positions in the part's
-- lists; number is the offer's id as a signed integer of the same 64 bits.
CREATE TABLE offers (
    part_id bigint NOT NULL REFERENCES parts ON DELETE CASCADE,
    number bigint NOT NULL,
    machine integer NOT NULL,
    place integer NOT NULL,
    price_model smallint NOT NULL,
    price_micros bigint NOT NULL CHECK (price_micros > 0),
    source integer NOT NULL,
    PRIMARY KEY (part_id, number)
);

CREATE TABLE snapshots (
    snapshot_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    published_at timestamptz NOT NULL DEFAULT now(),
    offer_count bigint NOT NULL
);

CREATE TABLE snapshot_parts (
    snapshot_id bigint NOT NULL REFERENCES snapshots ON DELETE CASCADE,
    provider text NOT NULL,
    part_id bigint NOT NULL REFERENCES parts,
    PRIMARY KEY (snapshot_id, provider)
);
CREATE INDEX snapshot_parts_part ON snapshot_parts (part_id);

-- How the latest import of each provider ended.
CREATE TABLE provider_states (
    provider text PRIMARY KEY,
    state text NOT NULL CHECK (state IN ('ok', 'kept', 'failed')),
    message text NOT NULL,
    refused_count integer NOT NULL,
    checked_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE refusals (
    provider text NOT NULL REFERENCES provider_states ON DELETE CASCADE,
    position integer NOT NULL,
    location text NOT NULL,
    reason text NOT NULL,
    PRIMARY KEY (provider, position)
);
