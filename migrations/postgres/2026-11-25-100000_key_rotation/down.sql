-- Keys without a private part cannot be told here, and go. So do revoked ones, which would be accepted again otherwise.
DELETE FROM signing_keys WHERE private_sealed IS NULL OR revoked_at IS NOT NULL;

ALTER TABLE signing_keys ADD COLUMN state text COLLATE "C";

UPDATE signing_keys
SET state = CASE WHEN signing_keys.ordinal = latest.ordinal THEN 'signing' ELSE 'verifying' END
FROM (SELECT algorithm, max(ordinal) AS ordinal FROM signing_keys GROUP BY algorithm) AS latest
WHERE latest.algorithm = signing_keys.algorithm;

ALTER TABLE signing_keys
    DROP CONSTRAINT signing_keys_private_check,
    DROP COLUMN ordinal,
    DROP COLUMN signs_from,
    DROP COLUMN revoked_at,
    ALTER COLUMN state SET NOT NULL,
    ALTER COLUMN root_key SET NOT NULL,
    ALTER COLUMN private_sealed SET NOT NULL;

CREATE UNIQUE INDEX signing_keys_signing_key ON signing_keys (algorithm) WHERE state = 'signing';
