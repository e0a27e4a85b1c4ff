import { interactionPolicy as library } from 'oidc-provider'

/** When a person has to act: to sign in. Nobody is asked for consent, since every registered application is the company's own. */
export function interactionPolicy() {
  const policy = library.base()
  policy.remove('consent')
  // Yet an application may ask for it (`prompt=consent`), as many do that want a refresh token: it is given already.
  const consent = new library.Prompt({ name: 'consent', requestable: true })
  consent.checks.clear()
  policy.add(consent)
  policy
    .get('login')
    ?.checks.add(
      new library.Check('no_account', 'the person of this session is no longer active', ctx =>
        Boolean(ctx.oidc.session?.accountId && !ctx.oidc.account),
      ),
    )
  return policy
}
