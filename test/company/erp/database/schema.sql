-- The ERP's own store. Money is whole fen, quantities whole thousandths, so that sums are exact;
-- days are YYYY-MM-DD in Asia/Shanghai, moments UTC ISO 8601 with milliseconds, so that texts order as time does.

CREATE TABLE user (
  user_id TEXT PRIMARY KEY,
  external_id TEXT NOT NULL,
  name TEXT NOT NULL,
  department TEXT NOT NULL,
  department_path TEXT NOT NULL DEFAULT '[]',
  roles TEXT NOT NULL DEFAULT '[]',
  active INTEGER NOT NULL DEFAULT 1,
  updated_at TEXT NOT NULL
) STRICT;

CREATE TABLE partner (
  business_partner TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  region TEXT NOT NULL,
  credit_limit INTEGER NOT NULL,
  currency TEXT NOT NULL,
  sales_person TEXT NOT NULL
) STRICT;
CREATE INDEX partner_by_sales_person ON partner (sales_person);

CREATE TABLE product (
  product TEXT PRIMARY KEY,
  description TEXT NOT NULL,
  description_en TEXT NOT NULL,
  unit_cost INTEGER NOT NULL,
  list_price INTEGER NOT NULL,
  unit TEXT NOT NULL,
  source TEXT NOT NULL
) STRICT;

CREATE TABLE warehouse (
  warehouse TEXT PRIMARY KEY,
  name_zh TEXT NOT NULL,
  name_en TEXT NOT NULL
) STRICT;

-- version counts the changes of one level and travels with its events, so that a receiver can order them
CREATE TABLE stock_level (
  product TEXT NOT NULL REFERENCES product,
  warehouse TEXT NOT NULL REFERENCES warehouse,
  quantity INTEGER NOT NULL,
  minimum_quantity INTEGER NOT NULL,
  planner TEXT NOT NULL,
  version INTEGER NOT NULL DEFAULT 1,
  updated_at TEXT NOT NULL,
  PRIMARY KEY (product, warehouse)
) STRICT;

CREATE TABLE stock_movement (
  movement TEXT PRIMARY KEY,
  product TEXT NOT NULL REFERENCES product,
  warehouse TEXT NOT NULL REFERENCES warehouse,
  posting_date TEXT NOT NULL,
  quantity INTEGER NOT NULL,
  value INTEGER NOT NULL,
  reason TEXT NOT NULL
) STRICT;
CREATE INDEX stock_movement_by_date ON stock_movement (posting_date);
CREATE INDEX stock_movement_by_level ON stock_movement (product, warehouse);

CREATE TABLE sales_order (
  sales_order TEXT PRIMARY KEY,
  business_partner TEXT NOT NULL REFERENCES partner,
  partner_name TEXT NOT NULL,
  order_date TEXT NOT NULL,
  requested_delivery_date TEXT,
  net_amount INTEGER NOT NULL,
  currency TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('A','B','C','D','H')),
  delivery_status TEXT NOT NULL,
  progress_percent INTEGER NOT NULL,
  sales_person TEXT NOT NULL
) STRICT;
CREATE INDEX sales_order_by_partner ON sales_order (business_partner, order_date);
CREATE INDEX sales_order_by_date ON sales_order (order_date);

CREATE TABLE sales_order_item (
  sales_order TEXT NOT NULL REFERENCES sales_order,
  item INTEGER NOT NULL,
  product TEXT NOT NULL,
  quantity INTEGER NOT NULL,
  net_amount INTEGER NOT NULL,
  PRIMARY KEY (sales_order, item)
) STRICT;

-- due_announced_on is set once erp.payment.due was sent for the current due date
CREATE TABLE invoice (
  invoice TEXT PRIMARY KEY,
  business_partner TEXT NOT NULL REFERENCES partner,
  partner_name TEXT NOT NULL,
  sales_order TEXT NOT NULL,
  invoice_date TEXT NOT NULL,
  due_date TEXT NOT NULL,
  gross_amount INTEGER NOT NULL,
  open_amount INTEGER NOT NULL,
  currency TEXT NOT NULL,
  sales_person TEXT NOT NULL,
  version INTEGER NOT NULL DEFAULT 1,
  due_announced_on TEXT
) STRICT;
CREATE INDEX invoice_by_partner ON invoice (business_partner);
CREATE INDEX invoice_by_order ON invoice (sales_order);
CREATE INDEX invoice_open_by_due_date ON invoice (due_date) WHERE open_amount > 0;

CREATE TABLE payment (
  payment TEXT PRIMARY KEY,
  invoice TEXT NOT NULL REFERENCES invoice,
  business_partner TEXT NOT NULL,
  posting_date TEXT NOT NULL,
  amount INTEGER NOT NULL
) STRICT;
CREATE INDEX payment_by_invoice ON payment (invoice);

CREATE TABLE purchase_order (
  purchase_order TEXT PRIMARY KEY,
  supplier TEXT NOT NULL,
  product TEXT NOT NULL,
  quantity INTEGER NOT NULL,
  net_amount INTEGER NOT NULL,
  currency TEXT NOT NULL,
  order_date TEXT NOT NULL,
  expected_date TEXT NOT NULL,
  status TEXT NOT NULL,
  buyer TEXT NOT NULL
) STRICT;

CREATE TABLE production_order (
  production_order TEXT PRIMARY KEY,
  product TEXT NOT NULL,
  sales_order TEXT,
  quantity INTEGER NOT NULL,
  completed_quantity INTEGER NOT NULL,
  status TEXT NOT NULL,
  planned_start TEXT NOT NULL,
  planned_finish TEXT NOT NULL
) STRICT;

CREATE TABLE shipment (
  shipment TEXT PRIMARY KEY,
  sales_order TEXT NOT NULL,
  shipped_on TEXT NOT NULL,
  carrier TEXT NOT NULL,
  status TEXT NOT NULL
) STRICT;
CREATE INDEX shipment_by_order ON shipment (sales_order);

CREATE TABLE sales_target (
  month TEXT PRIMARY KEY,
  amount INTEGER NOT NULL
) STRICT;

-- Rows as the OData service shows them: names and costs joined in, never stored twice.
CREATE VIEW stock_level_view AS
  SELECT s.*, p.description, p.unit_cost, CAST(round(s.quantity * p.unit_cost / 1000.0) AS INTEGER) AS value
  FROM stock_level s JOIN product p USING (product);
CREATE VIEW invoice_view AS
  SELECT i.*, CASE WHEN open_amount = 0 THEN 'PAID' WHEN open_amount < gross_amount THEN 'PARTIAL' ELSE 'OPEN' END AS status
  FROM invoice i;
CREATE VIEW production_order_view AS
  SELECT o.*, p.description FROM production_order o LEFT JOIN product p USING (product);
