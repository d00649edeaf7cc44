CREATE TABLE conversations (
    conversation_id text PRIMARY KEY,
    owner text NOT NULL,
    title text NOT NULL,
    spec jsonb NOT NULL DEFAULT '{}',
    -- Questions asked so far, oldest first; an answer such as "2" is read against the latest ones.
    asked jsonb NOT NULL DEFAULT '[]',
    latest_plan_id text NOT NULL DEFAULT '',
    turn_count int NOT NULL DEFAULT 0,
    llm_cost_usd numeric NOT NULL DEFAULT 0,
    create_time timestamptz NOT NULL DEFAULT now(),
    update_time timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX conversations_by_owner ON conversations (owner, update_time DESC, conversation_id);
CREATE INDEX conversations_by_time ON conversations (update_time DESC, conversation_id);

CREATE TABLE turns (
    turn_id text PRIMARY KEY,
    conversation_id text NOT NULL REFERENCES conversations ON DELETE CASCADE,
    number int NOT NULL,
    request_id text,
    text_sha256 text NOT NULL,
    state text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'completed', 'failed', 'cancelled')),
    -- The process that works on the turn, and until when the others leave it to it.
    lease_owner text NOT NULL,
    lease_until timestamptz NOT NULL,
    attempts int NOT NULL DEFAULT 1,
    cancel_requested boolean NOT NULL DEFAULT false,
    action text NOT NULL DEFAULT '',
    reasoner text NOT NULL DEFAULT '',
    prompt_version text NOT NULL DEFAULT '',
    input_tokens bigint NOT NULL DEFAULT 0,
    output_tokens bigint NOT NULL DEFAULT 0,
    llm_cost_usd numeric,
    create_time timestamptz NOT NULL DEFAULT now(),
    end_time timestamptz,
    UNIQUE (conversation_id, number),
    UNIQUE (conversation_id, request_id)
);
-- One turn at a time: a second one cannot even be stored.
CREATE UNIQUE INDEX turns_one_running ON turns (conversation_id) WHERE state = 'running';
CREATE INDEX turns_by_lease ON turns (lease_until) WHERE state = 'running';
CREATE INDEX turns_by_worker ON turns (lease_owner) WHERE state = 'running';

CREATE TABLE messages (
    message_id text PRIMARY KEY,
    conversation_id text NOT NULL REFERENCES conversations ON DELETE CASCADE,
    turn_id text NOT NULL REFERENCES turns ON DELETE CASCADE,
    -- Two a turn: the user's at 2 x number - 1, the architect's at 2 x number.
    position int NOT NULL,
    role text NOT NULL CHECK (role IN ('user', 'assistant')),
    text text NOT NULL,
    plan_id text NOT NULL DEFAULT '',
    create_time timestamptz NOT NULL DEFAULT now(),
    UNIQUE (conversation_id, position)
);
CREATE INDEX messages_by_turn ON messages (turn_id);

CREATE TABLE events (
    turn_id text NOT NULL REFERENCES turns ON DELETE CASCADE,
    sequence bigint NOT NULL,
    event_time timestamptz NOT NULL DEFAULT clock_timestamp(),
    event jsonb NOT NULL,
    PRIMARY KEY (turn_id, sequence)
);

CREATE TABLE plans (
    plan_id text PRIMARY KEY,
    conversation_id text NOT NULL REFERENCES conversations ON DELETE CASCADE,
    turn_id text NOT NULL REFERENCES turns ON DELETE CASCADE,
    version int NOT NULL,
    plan jsonb NOT NULL,
    create_time timestamptz NOT NULL DEFAULT now(),
    UNIQUE (conversation_id, version)
);
CREATE INDEX plans_by_turn ON plans (turn_id);
