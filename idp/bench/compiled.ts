/**
 * How often a request is made before it is measured. A service has run for days, not for seconds: V8 compiles what was called 3000 times for
 * good, and until then the same work costs up to twice as much. A sign-in calls most of what it needs several times.
 */
export const untilCompiled = { signIns: 800, requests: 4000 }
