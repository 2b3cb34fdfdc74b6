-- Who has which role. A role goes with its account. Without a row id, so that the key is the table.
CREATE TABLE user_roles (
    user_id BLOB NOT NULL CHECK (length(user_id) = 16) REFERENCES users (id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    granted_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, role)
) STRICT, WITHOUT ROWID;

-- Finds who has a role, in the order of their ids.
CREATE INDEX user_roles_role_user_id_idx ON user_roles (role, user_id);
