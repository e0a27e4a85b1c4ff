/** The CRM's tables. Moments are company time (`…+08:00`), so that text order is time order; money is fen. */
export const crmSchema = `
  CREATE TABLE IF NOT EXISTS crm_user (
    user_id TEXT PRIMARY KEY, external_id TEXT, name TEXT NOT NULL, email TEXT, department TEXT NOT NULL,
    department_path TEXT NOT NULL, manager_id TEXT, scope TEXT, active INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1, created_at TEXT NOT NULL, updated_at TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX IF NOT EXISTS crm_user_external ON crm_user (external_id);
  -- One row for each department above a user: "department and below" becomes one lookup.
  CREATE TABLE IF NOT EXISTS crm_user_department (
    department TEXT NOT NULL, user_id TEXT NOT NULL REFERENCES crm_user ON DELETE CASCADE, PRIMARY KEY (department, user_id)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS crm_user_role (
    user_id TEXT NOT NULL REFERENCES crm_user ON DELETE CASCADE, role TEXT NOT NULL, PRIMARY KEY (user_id, role)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE IF NOT EXISTS customer (
    customer_no TEXT PRIMARY KEY, name TEXT NOT NULL, short_name TEXT NOT NULL, industry TEXT NOT NULL, region TEXT NOT NULL,
    level TEXT NOT NULL, phone TEXT NOT NULL, email TEXT NOT NULL, address TEXT NOT NULL, owner_id TEXT NOT NULL,
    owner_department TEXT NOT NULL, status TEXT NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL, last_contact_at TEXT
  ) STRICT;
  -- Row scope and the list of one's own customers.
  CREATE INDEX IF NOT EXISTS customer_owner ON customer (owner_id);
  -- New customers by month.
  CREATE INDEX IF NOT EXISTS customer_created ON customer (created_at);

  CREATE TABLE IF NOT EXISTS contact (
    contact_id TEXT PRIMARY KEY, customer_no TEXT NOT NULL REFERENCES customer, name TEXT NOT NULL, title TEXT NOT NULL,
    mobile TEXT NOT NULL, email TEXT NOT NULL, is_primary INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS contact_customer ON contact (customer_no);

  CREATE TABLE IF NOT EXISTS opportunity (
    opp_id TEXT PRIMARY KEY, customer_no TEXT NOT NULL REFERENCES customer, title TEXT NOT NULL, stage TEXT NOT NULL,
    amount INTEGER NOT NULL, currency TEXT NOT NULL, probability INTEGER NOT NULL, owner_id TEXT NOT NULL,
    expected_close TEXT NOT NULL, next_step TEXT NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
    version INTEGER NOT NULL DEFAULT 1
  ) STRICT;
  CREATE INDEX IF NOT EXISTS opportunity_customer ON opportunity (customer_no);
  CREATE INDEX IF NOT EXISTS opportunity_owner ON opportunity (owner_id, stage);
  -- The pipeline report sums by stage from the index alone.
  CREATE INDEX IF NOT EXISTS opportunity_stage ON opportunity (stage, amount);

  CREATE TABLE IF NOT EXISTS follow_up (
    follow_up_id TEXT PRIMARY KEY, customer_no TEXT NOT NULL REFERENCES customer, owner_id TEXT NOT NULL, due_at TEXT NOT NULL,
    channel TEXT NOT NULL, content TEXT NOT NULL, status TEXT NOT NULL, result TEXT, converted INTEGER NOT NULL,
    opportunity_amount INTEGER, created_at TEXT NOT NULL, done_at TEXT, reminded INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX IF NOT EXISTS follow_up_customer ON follow_up (customer_no, due_at);
  CREATE INDEX IF NOT EXISTS follow_up_owner ON follow_up (owner_id, status, due_at);
  CREATE INDEX IF NOT EXISTS follow_up_done ON follow_up (done_at, converted) WHERE status = 'DONE';
  -- What the reminder has still to say.
  CREATE INDEX IF NOT EXISTS follow_up_to_remind ON follow_up (due_at) WHERE status = 'PLANNED' AND reminded = 0;

  CREATE TABLE IF NOT EXISTS crm_state (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
`
