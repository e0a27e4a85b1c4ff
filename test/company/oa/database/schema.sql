-- The OA's own store. Money is whole fen, so that sums are exact; moments are UTC ISO 8601 with milliseconds, days
-- YYYY-MM-DD in Asia/Shanghai, so that texts order as time does.

CREATE TABLE user (
  user_id TEXT PRIMARY KEY,
  external_id TEXT NOT NULL,
  name TEXT NOT NULL,
  department TEXT NOT NULL,
  department_path TEXT NOT NULL DEFAULT '[]',
  manager_id TEXT,
  roles TEXT NOT NULL DEFAULT '[]',
  active INTEGER NOT NULL DEFAULT 1,
  updated_at TEXT NOT NULL
) STRICT;

CREATE TABLE approval (
  approval_id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  title TEXT NOT NULL,
  requester_id TEXT NOT NULL,
  requester_name TEXT NOT NULL,
  department TEXT NOT NULL,
  assignee_id TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('PENDING', 'APPROVED', 'REJECTED', 'WITHDRAWN')),
  amount INTEGER,
  currency TEXT NOT NULL,
  cust_id TEXT,
  contract_no TEXT,
  summary TEXT NOT NULL,
  submitted_at TEXT NOT NULL,
  due_at TEXT,
  decided_at TEXT,
  decided_by TEXT,
  version INTEGER NOT NULL
) STRICT;
CREATE INDEX approval_by_assignee ON approval (assignee_id, state);
CREATE INDEX approval_by_requester ON approval (requester_id, state);
CREATE INDEX approval_by_customer ON approval (cust_id);
CREATE INDEX approval_by_decision ON approval (decided_at);

CREATE TABLE approval_step (
  approval_id TEXT NOT NULL REFERENCES approval,
  step INTEGER NOT NULL,
  at TEXT NOT NULL,
  user_id TEXT NOT NULL,
  action TEXT NOT NULL,
  comment TEXT NOT NULL,
  PRIMARY KEY (approval_id, step)
) STRICT;

CREATE TABLE contract (
  contract_no TEXT PRIMARY KEY,
  cust_id TEXT NOT NULL,
  cust_name TEXT NOT NULL,
  title TEXT NOT NULL,
  amount INTEGER NOT NULL,
  currency TEXT NOT NULL,
  signed_on TEXT,
  valid_from TEXT NOT NULL,
  valid_to TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('DRAFT', 'IN_APPROVAL', 'SIGNED', 'EXPIRED')),
  owner_id TEXT NOT NULL
) STRICT;
CREATE INDEX contract_by_customer ON contract (cust_id);
CREATE INDEX contract_by_owner ON contract (owner_id);

CREATE TABLE task (
  task_id TEXT PRIMARY KEY,
  title TEXT NOT NULL,
  description TEXT NOT NULL,
  assignee_id TEXT NOT NULL,
  creator_id TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('OPEN', 'DONE')),
  priority TEXT NOT NULL,
  created_at TEXT NOT NULL,
  due_at TEXT,
  done_at TEXT,
  comment TEXT,
  version INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX task_by_assignee ON task (assignee_id, state);

CREATE TABLE announcement (
  announcement_id TEXT PRIMARY KEY,
  title TEXT NOT NULL,
  body TEXT NOT NULL,
  department TEXT NOT NULL,
  published_at TEXT NOT NULL,
  must_read INTEGER NOT NULL
) STRICT;

CREATE TABLE claim (
  claim_id TEXT PRIMARY KEY,
  requester_id TEXT NOT NULL,
  requester_name TEXT NOT NULL,
  department TEXT NOT NULL,
  amount INTEGER NOT NULL,
  currency TEXT NOT NULL,
  category TEXT NOT NULL,
  state TEXT NOT NULL,
  submitted_at TEXT NOT NULL,
  approval_id TEXT NOT NULL
) STRICT;
CREATE INDEX claim_by_time ON claim (submitted_at);
CREATE INDEX claim_by_approval ON claim (approval_id);

-- One row per change, written in the change's own transaction. SQLite has one writer at a time, so the cursor has no
-- gaps and no row appears behind one that was read already. `body` is the object as it was at that version.
CREATE TABLE change (
  cursor INTEGER PRIMARY KEY AUTOINCREMENT,
  type TEXT NOT NULL,
  object_id TEXT NOT NULL,
  version INTEGER NOT NULL,
  at TEXT NOT NULL,
  body TEXT NOT NULL
) STRICT;
