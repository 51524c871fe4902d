// What the PostgreSQL backend keeps in its schema, and the two functions that make a change two round trips:
// lock_rows before `decide`, apply after it. Created once, under a lock, by whichever process comes first.
import type { Pool } from 'pg'

const SCHEMA_VERSION = 1
/** Schema names go into SQL text as they are, so nothing else is let in. */
const SCHEMA_NAME = /^[a-z_][a-z0-9_]{0,47}$/
/** SQLSTATE that `apply` raises for a job not held under its lease; its DETAIL is the job's id. */
export const JOB_LOST = 'SF001'

export async function createSchema(pool: Pool, schema: string): Promise<void> {
  if (!SCHEMA_NAME.test(schema))
    throw new Error(`a schema is named like ${SCHEMA_NAME.source}, not ${schema}`)
  const client = await pool.connect()
  try {
    await client.query('BEGIN')
    await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`create schema ${schema}`])
    const { rows } = await client.query<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [
      `${schema}.about`,
    ])
    if (rows[0]?.there !== true) await client.query(definition(schema))
    const about = await client.query<{ version: number }>(`SELECT version FROM ${schema}.about`)
    await client.query('COMMIT')
    const version = about.rows[0]?.version
    if (version !== SCHEMA_VERSION) {
      throw new Error(`schema ${schema} has store version ${version}, this program reads ${SCHEMA_VERSION}`)
    }
    client.release()
  } catch (error) {
    client.release(true)
    throw error
  }
}

// Why an entry keeps the id of its transaction. A sequence hands out numbers before the commit: a slow change
// can hold 7 while 8 is committed and read, and whoever resumes after 8 never sees 7. Transaction ids have the
// same gap, but PostgreSQL says how far there is none left: below pg_snapshot_xmin every transaction has
// ended. So readers stop there and order by (xid, seq); nothing can appear behind them any more.
// The price: one long transaction, in whichever database of the server, holds all readers up. And a dump
// restored on another server, whose ids start lower, would put new entries before old ones.
//
// Within one item, (xid, seq) is the order of the locks, because a change gets its id at its first write,
// which is after it has its locks. lock_rows must therefore write nothing.
function definition(schema: string): string {
  return `
    CREATE SCHEMA IF NOT EXISTS ${schema};
    CREATE TABLE ${schema}.about (version integer NOT NULL);
    INSERT INTO ${schema}.about VALUES (${SCHEMA_VERSION});
    CREATE TABLE ${schema}.rows (key text COLLATE "C" PRIMARY KEY, value text NOT NULL, expires_at bigint, indexed text);
    CREATE INDEX rows_expiring ON ${schema}.rows (expires_at) WHERE expires_at IS NOT NULL;
    CREATE TABLE ${schema}.marks (name text COLLATE "C", at text COLLATE "C", key text COLLATE "C",
      PRIMARY KEY (name, at, key));
    CREATE TABLE ${schema}.entries (xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
      seq bigint GENERATED ALWAYS AS IDENTITY, item text COLLATE "C" NOT NULL, kind text NOT NULL, body text NOT NULL,
      PRIMARY KEY (xid, seq));
    CREATE INDEX entries_of_item ON ${schema}.entries (item, xid, seq);
    CREATE TABLE ${schema}.jobs (id text COLLATE "C" PRIMARY KEY, kind text NOT NULL, due_at bigint NOT NULL,
      body text NOT NULL, ready_at bigint NOT NULL, lease text);
    CREATE INDEX jobs_ready ON ${schema}.jobs (ready_at, id);
    CREATE SEQUENCE ${schema}.leases;
    ${lockRows(schema)}
    ${apply(schema)}`
}

// The rows are read in a statement of their own, after the last lock: a statement sees what was committed
// when it began. Keys are locked by their hash, in its order, so that two keys with one hash cannot deadlock.
const lockRows = (schema: string): string => `
  CREATE FUNCTION ${schema}.lock_rows(keys text[])
  RETURNS TABLE (key text, value text, expires_at bigint, indexed text) LANGUAGE plpgsql AS $$
  #variable_conflict use_column
  DECLARE hash bigint;
  BEGIN
    FOR hash IN
      SELECT DISTINCT hashtextextended(k, hashtextextended('${schema}', 0)) AS h FROM unnest(keys) AS k ORDER BY h
    LOOP
      PERFORM pg_advisory_xact_lock(hash);
    END LOOP;
    RETURN QUERY SELECT r.key, r.value, r.expires_at, r.indexed FROM ${schema}.rows AS r WHERE r.key = ANY(keys);
  END $$;`

// Rows come before their marks, as in the sweep of expired rows: two that meet on a row then cannot deadlock.
const apply = (schema: string): string => `
  CREATE FUNCTION ${schema}.apply(finish json, cancel text[], remove text[], put json, unmark json, mark json,
    append json, enqueue json) RETURNS void LANGUAGE plpgsql AS $$
  DECLARE lost text;
  BEGIN
    IF finish IS NOT NULL THEN
      WITH asked AS (SELECT * FROM json_to_recordset(finish) AS f(id text, lease text)),
        done AS (DELETE FROM ${schema}.jobs AS j USING asked WHERE j.id = asked.id AND j.lease = asked.lease
          RETURNING j.id)
      SELECT asked.id INTO lost FROM asked WHERE asked.id NOT IN (SELECT done.id FROM done) LIMIT 1;
      IF FOUND THEN RAISE EXCEPTION 'job lost' USING ERRCODE = '${JOB_LOST}', DETAIL = lost; END IF;
    END IF;
    IF cancel IS NOT NULL THEN DELETE FROM ${schema}.jobs WHERE id = ANY(cancel); END IF;
    IF remove IS NOT NULL THEN DELETE FROM ${schema}.rows WHERE key = ANY(remove); END IF;
    IF put IS NOT NULL THEN
      INSERT INTO ${schema}.rows (key, value, expires_at, indexed)
        SELECT k, v, x, i FROM json_to_recordset(put) AS p(k text, v text, x bigint, i text)
        ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at,
          indexed = excluded.indexed;
    END IF;
    IF unmark IS NOT NULL THEN
      DELETE FROM ${schema}.marks AS m USING json_to_recordset(unmark) AS u(n text, a text, k text)
        WHERE m.name = u.n AND m.at = u.a AND m.key = u.k;
    END IF;
    IF mark IS NOT NULL THEN
      INSERT INTO ${schema}.marks (name, at, key)
        SELECT n, a, k FROM json_to_recordset(mark) AS m(n text, a text, k text) ON CONFLICT DO NOTHING;
    END IF;
    IF append IS NOT NULL THEN
      INSERT INTO ${schema}.entries (item, kind, body)
        SELECT i, k, v FROM json_to_recordset(append) AS e(i text, k text, v text);
    END IF;
    IF enqueue IS NOT NULL THEN
      INSERT INTO ${schema}.jobs (id, kind, due_at, body, ready_at)
        SELECT i, k, t, v, t FROM json_to_recordset(enqueue) AS q(i text, k text, t bigint, v text)
        ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, due_at = excluded.due_at, body = excluded.body,
          ready_at = excluded.ready_at, lease = NULL;
    END IF;
  END $$;`

/** Every statement by the name under which each connection keeps it prepared. */
export function statementsIn(schema: string) {
  return {
    lock: `SELECT key, value, expires_at, indexed FROM ${schema}.lock_rows($1)`,
    apply: `SELECT ${schema}.apply($1, $2, $3, $4, $5, $6, $7, $8)`,
    read: `SELECT key, value, expires_at FROM ${schema}.rows WHERE key = ANY($1)`,
    scan: `SELECT key, value, at FROM ${schema}.marks JOIN ${schema}.rows USING (key)
      WHERE name = $1 AND at >= $2 AND at < $3 AND (expires_at IS NULL OR expires_at > $4) ORDER BY at, key LIMIT $5`,
    journal: page(schema, ''),
    journalOfItem: page(schema, 'AND e.item = $6'),
    history: `SELECT e.xid::text, e.seq, e.item, e.kind, e.body FROM ${schema}.entries AS e WHERE e.item = $1
      ORDER BY e.xid, e.seq`,
    claim: `WITH due AS (SELECT id, ready_at FROM ${schema}.jobs WHERE ready_at <= $1 ORDER BY ready_at, id LIMIT $2
        FOR UPDATE SKIP LOCKED)
      UPDATE ${schema}.jobs AS j SET ready_at = $1::bigint + $3::bigint, lease = $4 || ':' || nextval('${schema}.leases')
      FROM due WHERE j.id = due.id RETURNING j.id, j.kind, j.due_at, j.body, j.lease, due.ready_at`,
    nextDue: `SELECT MIN(ready_at) AS at FROM ${schema}.jobs`,
    // SKIP LOCKED: a row that a change is just replacing is not expired any more. The sweep waits for nobody.
    sweep: `WITH gone AS (DELETE FROM ${schema}.rows WHERE key IN (SELECT key FROM ${schema}.rows
        WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED) RETURNING key, indexed)
      DELETE FROM ${schema}.marks AS m USING gone, json_each_text(gone.indexed::json) AS at
      WHERE m.name = at.key AND m.at = at.value AND m.key = gone.key`,
    reset: `WITH r AS (DELETE FROM ${schema}.rows), m AS (DELETE FROM ${schema}.marks),
      e AS (DELETE FROM ${schema}.entries) DELETE FROM ${schema}.jobs`,
  } as const
}

export type StatementName = keyof ReturnType<typeof statementsIn>

/** $3 is how far the first page could read safely; later pages end there, so that a journal ends at all. Columns are
 *  named with their table: a bare `xid` in ORDER BY is the text that is selected, and there 10 lies before 9. */
function page(schema: string, filter: string): string {
  return `SELECT e.xid::text, e.seq, e.item, e.kind, e.body,
      pg_snapshot_xmin(pg_current_snapshot())::text AS safe
    FROM ${schema}.entries AS e WHERE (e.xid, e.seq) > ($1::xid8, $2::bigint)
    AND e.xid < COALESCE($3::xid8, pg_snapshot_xmin(pg_current_snapshot()))
    AND ($4::text[] IS NULL OR e.kind = ANY($4)) ${filter} ORDER BY e.xid, e.seq LIMIT $5`
}
