-- Password hashes, apart from the accounts so that reading a user never reads a hash. `changed_at` is the password's,
-- `updated_at` the row's: a rehash moves the second alone.
CREATE TABLE passwords (
    user_id uuid NOT NULL,
    hash text COLLATE "C" NOT NULL,
    changed_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT passwords_pkey PRIMARY KEY (user_id),
    CONSTRAINT passwords_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);
