-- Signing keys that take turns. What a key is used for follows from its times, so no state is kept; `ordinal` is its place
-- in the order, and the private part goes once nobody can need it again. Keys that are there sign from when they were made.
ALTER TABLE signing_keys
    ADD COLUMN ordinal bigint,
    ADD COLUMN signs_from timestamptz,
    ADD COLUMN revoked_at timestamptz,
    ALTER COLUMN root_key DROP NOT NULL,
    ALTER COLUMN private_sealed DROP NOT NULL;

UPDATE signing_keys
SET ordinal = places.place, signs_from = signing_keys.created_at
FROM (SELECT id, row_number() OVER (ORDER BY created_at, id) AS place FROM signing_keys) AS places
WHERE places.id = signing_keys.id;

DROP INDEX signing_keys_signing_key;

-- Of several instances that make the next key at once, one wins.
ALTER TABLE signing_keys
    DROP COLUMN state,
    ALTER COLUMN ordinal SET NOT NULL,
    ALTER COLUMN signs_from SET NOT NULL,
    ADD CONSTRAINT signing_keys_ordinal_key UNIQUE (ordinal),
    ADD CONSTRAINT signing_keys_ordinal_check CHECK (ordinal > 0),
    ADD CONSTRAINT signing_keys_private_check CHECK ((root_key IS NULL) = (private_sealed IS NULL));
