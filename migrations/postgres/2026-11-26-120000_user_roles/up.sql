-- Who has which role. A role goes with its account.
CREATE TABLE user_roles (
    user_id uuid NOT NULL,
    role text COLLATE "C" NOT NULL,
    granted_at timestamptz NOT NULL,
    CONSTRAINT user_roles_pkey PRIMARY KEY (user_id, role),
    CONSTRAINT user_roles_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

-- Finds who has a role, in the order of their ids.
CREATE INDEX user_roles_role_user_id_idx ON user_roles (role, user_id);
