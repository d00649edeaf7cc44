CREATE EXTENSION IF NOT EXISTS vector SCHEMA public;

-- One row: what answers now. version grows with every change that a reader may see.
CREATE TABLE catalog (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    version bigint NOT NULL DEFAULT 0,
    snapshot_id text NOT NULL DEFAULT '',
    published_at timestamptz,
    model_count bigint NOT NULL DEFAULT 0,
    chunk_count bigint NOT NULL DEFAULT 0
);
INSERT INTO catalog DEFAULT VALUES;

-- The cut text of one card. Written while an import runs; seen once a model points to it.
CREATE TABLE documents (
    doc_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    model_id text NOT NULL,
    content_hash bytea NOT NULL,
    chunker text NOT NULL,
    card text NOT NULL,
    UNIQUE (model_id, content_hash, chunker)
);

CREATE TABLE chunks (
    chunk_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    doc_no bigint NOT NULL,
    ordinal int NOT NULL,
    passage text NOT NULL,
    passage_hash bytea NOT NULL,
    words tsvector NOT NULL
);
CREATE INDEX chunks_doc ON chunks (doc_no);
-- Two more indexes, on words and on passage_hash, are built by the first import that publishes: after it has filled the table.

-- In how many chunks a word stands, refreshed when the catalogue has grown by a tenth.
CREATE TABLE words (
    word text PRIMARY KEY,
    chunk_count bigint NOT NULL
);

-- A space of embeddings. Its vectors lie in the table vectors_<space_no>, made with the space.
CREATE TABLE spaces (
    space_no int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    embedder text NOT NULL,
    dimension int NOT NULL,
    embedder_version text NOT NULL,
    preference int NOT NULL,      -- the complete space of highest preference answers
    complete boolean NOT NULL DEFAULT false,
    UNIQUE (embedder, dimension, embedder_version)
);

-- Narrow, for filters: what a search decides on. The rest lies in records.
CREATE TABLE models (
    model_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    model_id text NOT NULL UNIQUE,
    doc_no bigint NOT NULL UNIQUE REFERENCES documents (doc_no),
    task text NOT NULL,
    license_id text NOT NULL,
    license_class smallint NOT NULL,
    open_source boolean NOT NULL,
    parameters bigint,
    precision text NOT NULL,
    weight_gib double precision,  -- at the published precision
    languages text[] NOT NULL,
    library text NOT NULL,
    gated boolean,
    base_model text NOT NULL,
    relation smallint NOT NULL,
    downloads bigint,
    likes bigint
);
CREATE INDEX models_task ON models (task, downloads DESC NULLS LAST, model_no);
CREATE INDEX models_base ON models (base_model, downloads DESC NULLS LAST, model_id) WHERE base_model <> '';

CREATE TABLE records (
    model_no bigint PRIMARY KEY REFERENCES models (model_no) ON DELETE CASCADE,
    record jsonb NOT NULL,        -- the whole Model
    record_hash bytea NOT NULL,
    content_hash bytea NOT NULL,  -- of the passages that it points to
    card_version bytea NOT NULL,  -- the source's own: while it stays, the card is not fetched again
    chunker text NOT NULL,
    source_name text NOT NULL,
    names text[] NOT NULL         -- normalised words of the id, for finding models by name
);
CREATE INDEX records_names ON records USING gin (names) WITH (fastupdate = off);
CREATE INDEX records_source ON records (source_name);

-- A run of an importer, shared by its shards; published when the last of them has finished.
CREATE TABLE imports (
    import_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source_name text NOT NULL,
    source_key text NOT NULL,     -- what is read and how; a resumed run must match
    shards int NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    published_at timestamptz,
    snapshot_id text NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX imports_open ON imports (source_key, shards) WHERE published_at IS NULL;

CREATE TABLE import_shards (
    import_no bigint NOT NULL REFERENCES imports (import_no) ON DELETE CASCADE,
    shard int NOT NULL,
    cursor text NOT NULL DEFAULT '',
    done boolean NOT NULL DEFAULT false,
    seen bigint NOT NULL DEFAULT 0,
    unchanged bigint NOT NULL DEFAULT 0,
    skipped bigint NOT NULL DEFAULT 0,
    refused bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (import_no, shard)
);

CREATE TABLE refused_records (
    import_no bigint NOT NULL REFERENCES imports (import_no) ON DELETE CASCADE,
    location text NOT NULL,
    reason text NOT NULL,
    PRIMARY KEY (import_no, location)
);

-- Models that an import will publish.
CREATE TABLE staged (
    import_no bigint NOT NULL REFERENCES imports (import_no) ON DELETE CASCADE,
    model_id text NOT NULL,
    doc_no bigint NOT NULL,
    record jsonb NOT NULL,
    record_hash bytea NOT NULL,
    content_hash bytea NOT NULL,
    card_version bytea NOT NULL,
    chunker text NOT NULL,
    names text[] NOT NULL,
    weight_gib double precision,
    PRIMARY KEY (import_no, model_id)
);

CREATE TABLE snapshots (
    snapshot_id text PRIMARY KEY,
    published_at timestamptz NOT NULL,
    model_count bigint NOT NULL
);
