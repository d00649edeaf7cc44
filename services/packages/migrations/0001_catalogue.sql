-- A revision is one repository's content, named by its hash. A snapshot is a set of revisions, one a repository, so an
-- import that changes one repository of hundreds stores one, and readers see the old set or the new one, never a mixture.
CREATE TABLE revisions (
    revision_id text PRIMARY KEY,
    repository text NOT NULL,
    url text NOT NULL,
    content_hash text NOT NULL,
    source text NOT NULL,
    as_of timestamptz NOT NULL,
    package_count integer NOT NULL,
    version_count integer NOT NULL,
    refused jsonb NOT NULL,
    refused_count integer NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX revisions_by_content ON revisions (repository, content_hash);

CREATE TABLE packages (
    revision_id text NOT NULL REFERENCES revisions ON DELETE CASCADE,
    name text NOT NULL,
    facts jsonb NOT NULL,
    version_count integer NOT NULL,
    PRIMARY KEY (revision_id, name)
);

-- position: 0 is the newest version by semantic version.
CREATE TABLE versions (
    revision_id text NOT NULL,
    name text NOT NULL,
    position integer NOT NULL,
    version text NOT NULL,
    app_version text NOT NULL,
    published timestamptz,
    prerelease boolean NOT NULL,
    deprecated boolean NOT NULL,
    kube_version text NOT NULL,
    digest text NOT NULL,
    url text NOT NULL,
    dependencies jsonb,
    PRIMARY KEY (revision_id, name, position),
    FOREIGN KEY (revision_id, name) REFERENCES packages ON DELETE CASCADE
);
CREATE UNIQUE INDEX versions_by_version ON versions (revision_id, name, version);

CREATE TABLE snapshots (
    sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    snapshot_id text NOT NULL UNIQUE,
    published_at timestamptz NOT NULL DEFAULT now(),
    package_count integer NOT NULL,
    version_count integer NOT NULL
);

-- state: ok, kept (the latest import failed and the older revision stays) or failed (there is none).
CREATE TABLE snapshot_revisions (
    snapshot_id text NOT NULL REFERENCES snapshots (snapshot_id) ON DELETE CASCADE,
    repository text NOT NULL,
    revision_id text REFERENCES revisions,
    state text NOT NULL,
    message text NOT NULL,
    PRIMARY KEY (snapshot_id, repository)
);

-- Requirements rendered from a chart archive, by its digest.
CREATE TABLE rendered (
    digest text PRIMARY KEY,
    result jsonb NOT NULL,
    rendered_at timestamptz NOT NULL DEFAULT now()
);
