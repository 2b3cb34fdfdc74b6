-- Finds the ended sessions that may be forgotten, which come by the thousand. Live ones are not in it. There is no such
-- index for those that idled or reached their limit: `rotated_at` moves at each refresh and would make every refresh
-- write to every index of the table (on PostgreSQL), and whoever has to look through the table for it sees both in one
-- pass, each hour or so.
CREATE INDEX sessions_ended_at_idx ON sessions (ended_at) WHERE ended_at IS NOT NULL;
