-- Messages of the gateway itself name their recipients by id: `person` joins the conditions of inbox_recipients (0202).
create or replace function inbox_recipients(p_to jsonb) returns table (person_id text, missing text) language sql stable as $$
  select case when (w.v->>'manager')::boolean then boss.id else p.id end,
    case when (case when (w.v->>'manager')::boolean then boss.id else p.id end) is null then w.v->>'system' || ' ' || (w.v->>'id') end
  from jsonb_array_elements(p_to->'natives') w(v)
    left join lateral (
      select e.id, e.manager_id from person_account a join people e on e.id = a.person_id and e.active
      where a.system = w.v->>'system' and a.native_id = w.v->>'id' limit 1
    ) p on true
    left join people boss on (w.v->>'manager')::boolean and boss.id = p.manager_id and boss.active
  union
  select q.id, null from people q
  where q.active and jsonb_array_length(p_to->'people') > 0 and exists (
    select from jsonb_array_elements(p_to->'people') c(v)
    where (c.v->>'person' is null or c.v->>'person' = q.id)
      and (c.v->>'businessRole' is null or c.v->>'businessRole' = any(q.business_roles))
      and (c.v->>'department' is null or c.v->>'department' = any(q.department_path))
      and (c.v->>'nativeRole' is null or q.systems->(c.v->>'system')->'roles' ? (c.v->>'nativeRole')));
$$;
