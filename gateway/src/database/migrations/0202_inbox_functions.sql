-- The writers of the inbox. Every one of them takes its locks in the same order, sorted within each step, so that no two
-- wait crosswise: event_in by key, event_object by key, inbox_counter by person. Rows of messages and counters are written
-- only under the lock of their person's inbox_counter. They are functions because a statement of its own, run after a lock
-- was granted, sees what was committed while it waited; parts of one plain statement all see the moment it began.

-- inbox_tally follows inbox_message, whoever writes it.
create function inbox_tally_follow() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    insert into inbox_tally as t (person_id, system, kind, open, unread, snoozed)
      select person_id, system, kind, count(*) filter (where state = 'OPEN'),
        count(*) filter (where state = 'OPEN' and not read), count(*) filter (where state = 'SNOOZED')
      from after_rows group by person_id, system, kind order by person_id, system, kind
    on conflict (person_id, system, kind) do update
      set open = t.open + excluded.open, unread = t.unread + excluded.unread, snoozed = t.snoozed + excluded.snoozed;
  else
    update inbox_tally t set open = t.open + d.open, unread = t.unread + d.unread, snoozed = t.snoozed + d.snoozed
    from (
      select person_id, system, kind, sum(open)::int as open, sum(unread)::int as unread, sum(snoozed)::int as snoozed
      from (
        select person_id, system, kind, (state = 'OPEN')::int as open, (state = 'OPEN' and not read)::int as unread, (state = 'SNOOZED')::int as snoozed from after_rows
        union all
        select person_id, system, kind, -(state = 'OPEN')::int, -(state = 'OPEN' and not read)::int, -(state = 'SNOOZED')::int from before_rows
      ) both_sides group by person_id, system, kind
    ) d
    where t.person_id = d.person_id and t.system = d.system and t.kind = d.kind and (d.open <> 0 or d.unread <> 0 or d.snoozed <> 0);
  end if;
  return null;
end $$;
create trigger inbox_tally_insert after insert on inbox_message
  referencing new table as after_rows for each statement execute function inbox_tally_follow();
create trigger inbox_tally_update after update on inbox_message
  referencing old table as before_rows new table as after_rows for each statement execute function inbox_tally_follow();

-- Gives each of these messages the next seq of its person and a row of the log. The caller holds the persons' counters.
create function inbox_log_changes(p_ids uuid[], p_change text) returns void language sql as $$
  with touched as (
    select id, person_id, row_number() over (partition by person_id order by seq) as place, count(*) over (partition by person_id) as n
    from inbox_message where id = any(p_ids)
  ), raised as (
    update inbox_counter c set seq = c.seq + t.n from (select distinct person_id, n from touched) t
    where c.person_id = t.person_id returning c.person_id, c.seq - t.n as base
  ), logged as (
    insert into inbox_log (person_id, seq, message_id, kind, change)
    select t.person_id, r.base + t.place, t.id, 'STATE', p_change from touched t join raised r using (person_id)
    returning message_id, seq
  )
  update inbox_message m set changed_seq = l.seq, changed_at = clock_timestamp() from logged l where m.id = l.message_id;
$$;

-- Who is meant: one row for each employee found (person_id) and each name nobody stands behind (missing).
create function inbox_recipients(p_to jsonb) returns table (person_id text, missing text) language sql stable as $$
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
    where (c.v->>'businessRole' is null or c.v->>'businessRole' = any(q.business_roles))
      and (c.v->>'department' is null or c.v->>'department' = any(q.department_path))
      and (c.v->>'nativeRole' is null or q.systems->(c.v->>'system')->'roles' ? (c.v->>'nativeRole')));
$$;

-- Settles those of an object's messages that stand in this slot, except some; gives whose they were.
create function inbox_close(p_ids uuid[], p_slot text, p_except uuid[], p_reason jsonb, p_now timestamptz) returns text[] language plpgsql as $$
declare
  v_ids uuid[];
  v_people text[];
begin
  with closed as (
    update inbox_message m set state = case when m.state = 'ARCHIVED' then 'ARCHIVED' else 'DONE' end, closed_at = p_now,
      close_reason = p_reason, snoozed_until = null
    where m.id = any(p_ids) and m.slot = p_slot and m.closed_at is null and not m.id = any(p_except)
    returning m.id, m.person_id
  )
  select coalesce(array_agg(id), '{}'), coalesce(array_agg(person_id), '{}') into v_ids, v_people from closed;
  if v_ids <> '{}' then
    perform inbox_log_changes(v_ids, 'closed');
  end if;
  return v_people;
end $$;

-- Takes events: `p_events` is an array of plans (gateway/src/inbox/rules/plan.ts). Gives one row for each, in their order:
-- what became of it (accepted, duplicate, stale, quarantined) and whose inbox changed.
create function inbox_take(p_events jsonb) returns table (place integer, outcome text, people text[]) language plpgsql
-- Planned once a connection, for few rows of large tables, whatever the statistics are at that moment.
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set jit = off
as $$
declare
  v_new integer[];
  v_unfound integer[];
  v_to jsonb;
  v_people text[];
  v_missing text[];
  v_event jsonb;
  v_object jsonb;
  v_message jsonb;
  v_place integer;
  v_index integer;
  v_ids uuid[];
  v_known uuid[];
  v_wanted text[];
  v_touched text[];
  v_now timestamptz := clock_timestamp();
begin
  -- 1. De-duplicate. A replay turns its quarantined row instead, and only once.
  with arrived as (
    insert into event_in (source, id, type, subject, time, data, state)
    select v->>'source', v->>'id', v->>'type', v->>'subject', (v->>'time')::timestamptz, v->'data',
      case when v->'quarantine' = 'null' then 'accepted' else 'quarantined' end
    from jsonb_array_elements(p_events) e(v) where not (v->>'replay')::boolean
    order by v->>'source', v->>'id'
    on conflict do nothing returning source, id
  ), replayed as (
    update event_in i set state = 'accepted' from jsonb_array_elements(p_events) e(v)
    where (v->>'replay')::boolean and i.source = v->>'source' and i.id = v->>'id' and i.state = 'quarantined'
    returning i.source, i.id
  )
  select coalesce(array_agg(n::integer order by n), '{}') into v_new
  from jsonb_array_elements(p_events) with ordinality e(v, n)
  where (v->>'source', v->>'id') in (select source, id from arrived union all select source, id from replayed);

  -- 2. Lock the objects: from here on nobody else changes what is known of them.
  insert into event_object (system, type, id, version)
    select distinct v->'object'->>'system', v->'object'->>'type', v->'object'->>'id', -1
    from jsonb_array_elements(p_events) with ordinality e(v, n)
    where n = any(v_new) and v->'object' <> 'null' order by 1, 2, 3
  on conflict do nothing;
  perform 1 from event_object o
    where (o.system, o.type, o.id) in (
      select v->'object'->>'system', v->'object'->>'type', v->'object'->>'id'
      from jsonb_array_elements(p_events) with ordinality e(v, n) where n = any(v_new) and v->'object' <> 'null')
    order by o.system, o.type, o.id for update;

  -- 3. Find the recipients, and who has unsettled messages of these objects; lock their counters.
  select coalesce(jsonb_object_agg(n || '/' || m, who), '{}'), coalesce(array_agg(distinct n::integer) filter (where who->'missing' <> '[]' or who->'people' = '[]'), '{}')
  into v_to, v_unfound
  from (
    select n, m, jsonb_build_object(
        'people', coalesce(jsonb_agg(r.person_id order by r.person_id) filter (where r.person_id is not null), '[]'),
        'missing', coalesce(jsonb_agg(r.missing) filter (where r.missing is not null), '[]')) as who
    from jsonb_array_elements(p_events) with ordinality e(v, n)
      cross join jsonb_array_elements(v->'messages') with ordinality g(message, m)
      left join inbox_recipients(message->'to') r on true
    where n = any(v_new) group by n, m
  ) each_message;
  select coalesce(array_agg(distinct person_id order by person_id), '{}') into v_people
  from (
    select p.id as person_id from jsonb_each(v_to) t cross join jsonb_array_elements_text(t.value->'people') p(id)
    union all
    select m.person_id
    from jsonb_array_elements(p_events) with ordinality e(v, n) cross join lateral (
      select i.person_id from inbox_message i
      where i.closed_at is null and i.system = v->'object'->>'system' and i.subject_type = v->'object'->>'type' and i.subject_id = v->'object'->>'id'
      -- A limit nobody reaches: it keeps the planner from turning the look-up into a walk through all messages.
      limit 1000000) m
    where n = any(v_new)
  ) concerned;
  insert into inbox_counter (person_id) select p from unnest(v_people) p order by p on conflict do nothing;
  perform 1 from inbox_counter where person_id = any(v_people) order by person_id for update;

  -- 4. Each event in its order.
  for v_event, v_place in select v, n::integer from jsonb_array_elements(p_events) with ordinality e(v, n) order by n loop
    place := v_place;
    people := '{}';
    v_object := nullif(v_event->'object', 'null');
    v_touched := '{}';
    if not v_place = any(v_new) then
      outcome := 'duplicate';
      return next;
      continue;
    end if;

    if v_place = any(v_unfound) or v_event->'quarantine' <> 'null' then
      -- Names nobody stands behind; or a question about people that found nobody, by its own words.
      select coalesce(array_agg(distinct x), '{}') into v_missing
      from jsonb_array_elements(v_event->'messages') with ordinality g(message, m)
        cross join lateral (select v_to->(v_place || '/' || m) as who) found_of
        cross join lateral (
          select jsonb_array_elements_text(who->'missing') union all select message->'to'->>'label' where who = '{"people": [], "missing": []}'
        ) words(x);
      update event_in i set state = 'quarantined' where i.source = v_event->>'source' and i.id = v_event->>'id';
      insert into quarantine as q (source, event_id, type, code, reason, envelope, fingerprint)
      select v_event->>'source', v_event->>'id', v_event->>'type', reason.code, reason.words,
        jsonb_strip_nulls(jsonb_build_object('specversion', '1.0', 'source', v_event->'source', 'id', v_event->'id', 'type', v_event->'type',
          'subject', v_event->'subject', 'time', v_event->'time') || (v_event->'extensions')) || jsonb_build_object('data', v_event->'data'),
        md5(concat_ws(E'\n', v_event->>'source', v_event->>'type', reason.code, reason.words->>'en'))
      from (
        select v_event->'quarantine'->>'code' as code, v_event->'quarantine'->'reason' as words where v_missing = '{}'
        union all
        select 'UNKNOWN_RECIPIENT', jsonb_build_object(
          'zh', '收件人 ' || array_to_string(v_missing, '、') || ' 没有对应的在职员工',
          'en', 'No active employee stands behind ' || array_to_string(v_missing, ', ')) where v_missing <> '{}'
      ) reason
      on conflict (source, event_id) do update
        set code = excluded.code, reason = excluded.reason, fingerprint = excluded.fingerprint, released_at = null;
      outcome := 'quarantined';
      return next;
      continue;
    end if;
    if (v_event->>'replay')::boolean then
      update quarantine q set released_at = clock_timestamp() where q.source = v_event->>'source' and q.event_id = v_event->>'id';
    end if;

    if v_object is not null then
      update event_object o set version = (v_object->>'version')::bigint
      where o.system = v_object->>'system' and o.type = v_object->>'type' and o.id = v_object->>'id' and o.version <= (v_object->>'version')::bigint;
      if not found then
        update event_in i set state = 'stale' where i.source = v_event->>'source' and i.id = v_event->>'id';
        outcome := 'stale';
        return next;
        continue;
      end if;
    end if;
    v_ids := '{}';
    if v_object is not null then
      select coalesce(array_agg(m.id), '{}') into v_ids from inbox_message m
      where m.closed_at is null and m.system = v_object->>'system' and m.subject_type = v_object->>'type' and m.subject_id = v_object->>'id';
    end if;

    -- What the event settles.
    if v_ids <> '{}' then
      for v_message in select c from jsonb_array_elements(v_event->'closes') c loop
        v_touched := v_touched || inbox_close(v_ids, v_message->>'slot', '{}', v_message->'reason', v_now);
      end loop;
    end if;

    -- What the event brings: renewed where the person still has it open, taken from whom it no longer concerns, else new.
    for v_message, v_index in select g.message, g.m::integer from jsonb_array_elements(v_event->'messages') with ordinality g(message, m) loop
      select coalesce(array_agg(p), '{}') into v_wanted from jsonb_array_elements_text(v_to->(v_place || '/' || v_index)->'people') p;
      if v_ids <> '{}' then
        with renewed as (
          update inbox_message m set source = v_event->>'source', event_id = v_event->>'id', type = v_event->>'type',
            kind = v_message->>'kind', priority = v_message->>'priority', title = v_message->'title', summary = v_message->'summary',
            amount = (v_message->>'amount')::numeric, currency = v_message->>'currency', thread_key = v_message->>'threadKey',
            thread_title = v_message->'threadTitle', url = v_message->>'url', facts = v_message->'facts', decisions = v_message->'decisions',
            due_at = (v_message->>'dueAt')::timestamptz, sort_at = (v_message->>'sortAt')::timestamptz,
            search_text = v_message->>'searchText', read = false
          where m.id = any(v_ids) and m.closed_at is null and m.state in ('OPEN', 'SNOOZED') and m.slot = v_message->>'slot' and m.person_id = any(v_wanted)
          returning m.id, m.person_id
        )
        select coalesce(array_agg(id), '{}'), v_touched || coalesce(array_agg(person_id), '{}'),
          coalesce((select array_agg(w) from unnest(v_wanted) w where w not in (select person_id from renewed)), '{}')
        into v_known, v_touched, v_wanted from renewed;
        perform inbox_log_changes(v_known, 'renewed');
        v_touched := v_touched || inbox_close(v_ids, v_message->>'slot', v_known, '{"zh":"已转给他人","en":"It went to somebody else"}', v_now);
      end if;
      if v_wanted <> '{}' then
        with raised as (
          update inbox_counter c set seq = c.seq + 1 where c.person_id = any(v_wanted) returning c.person_id, c.seq
        ), added as (
          insert into inbox_message (person_id, seq, changed_seq, source, event_id, system, type, slot, subject_type, subject_id, kind, priority,
            title, summary, amount, currency, thread_key, thread_title, url, facts, decisions, created_at, due_at, sort_at, changed_at, search_text)
          select r.person_id, r.seq, r.seq, v_event->>'source', v_event->>'id', v_message->>'system', v_event->>'type', v_message->>'slot',
            v_message->>'subjectType', v_message->>'subjectId', v_message->>'kind', v_message->>'priority', v_message->'title', v_message->'summary',
            (v_message->>'amount')::numeric, v_message->>'currency', v_message->>'threadKey', v_message->'threadTitle', v_message->>'url',
            v_message->'facts', v_message->'decisions', (v_message->>'createdAt')::timestamptz, (v_message->>'dueAt')::timestamptz,
            (v_message->>'sortAt')::timestamptz, v_now, v_message->>'searchText'
          from raised r returning id, person_id, seq
        )
        insert into inbox_log (person_id, seq, message_id, kind, change) select person_id, seq, id, 'MESSAGE', 'new' from added;
        v_touched := v_touched || v_wanted;
      end if;
    end loop;

    -- Parts of the gateway that must hear of the event get a durable delivery.
    if (v_event->>'tell')::boolean then
      insert into outbox (topic, key, payload)
      values ('inbox.tell', (v_event->>'source') || ' ' || (v_event->>'id'), jsonb_build_object('source', v_event->'source', 'id', v_event->'id'))
      on conflict do nothing;
    end if;
    outcome := 'accepted';
    select coalesce(array_agg(distinct p), '{}') into people from unnest(v_touched) p;
    return next;
  end loop;
end $$;

-- A change a person makes (or their clock: 'wake'). Only messages that it alters get a row of the log. Gives their ids.
create function inbox_change(p_person text, p_ids uuid[], p_change text, p_until timestamptz default null) returns uuid[] language plpgsql as $$
declare
  v_ids uuid[];
begin
  perform 1 from inbox_counter where person_id = p_person for update;
  with changed as (
    update inbox_message m set
      read = m.read or p_change in ('read', 'archive', 'snooze'),
      state = case p_change
        when 'archive' then 'ARCHIVED'
        when 'unarchive' then case when m.closed_at is null then 'OPEN' else 'DONE' end
        when 'snooze' then 'SNOOZED'
        when 'wake' then 'OPEN'
        else m.state end,
      snoozed_until = case p_change when 'snooze' then p_until when 'read' then m.snoozed_until else null end
    where m.person_id = p_person and m.id = any(p_ids) and case p_change
      when 'read' then not m.read
      when 'archive' then m.state <> 'ARCHIVED'
      when 'unarchive' then m.state = 'ARCHIVED'
      when 'snooze' then m.state in ('OPEN', 'SNOOZED') and m.snoozed_until is distinct from p_until
      when 'wake' then m.state = 'SNOOZED' and m.snoozed_until <= p_until
      else false end
    returning m.id
  )
  select coalesce(array_agg(id), '{}') into v_ids from changed;
  if v_ids <> '{}' then
    perform inbox_log_changes(v_ids, p_change);
  end if;
  return v_ids;
end $$;

-- Forgets the part of a person's log that is older than the cut; a client that is further behind is told to start anew.
create function inbox_prune(p_person text, p_before timestamptz) returns integer language plpgsql as $$
declare
  v_last bigint;
  v_count integer;
begin
  perform 1 from inbox_counter where person_id = p_person for update;
  with gone as (delete from inbox_log where person_id = p_person and at < p_before returning seq)
  select max(seq), count(*) into v_last, v_count from gone;
  update inbox_counter set floor = greatest(floor, v_last) where person_id = p_person and v_last is not null;
  return v_count;
end $$;
