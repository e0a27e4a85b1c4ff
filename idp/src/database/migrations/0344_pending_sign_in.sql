-- Sign-ins that are proved and have not come back to their application yet: they end with the person's sessions.
create index oidc_model_pending_sign_in on oidc_model ((payload->'result'->'login'->>'accountId'))
  where model = 'Interaction' and payload->'result' ? 'login';
