import { expect, test } from 'vitest'
import { answersDefinition, dataOf, errorInAnswer } from './error-in-answer.ts'

const dingTalk = answersDefinition.parse({
  errorWhen: [
    {
      path: 'errcode',
      not: 0,
      reason: 'errmsg',
      unauthenticated: [40014],
      throttled: ['90018'],
      unavailable: [-1],
      told: [60011],
    },
  ],
  data: 'result',
})

test.each([
  [{ errcode: 0, result: { a: 1 } }, undefined],
  [{ errcode: '0' }, undefined],
  [{ errcode: 40014, errmsg: 'bad token' }, 'UPSTREAM_UNAUTHENTICATED'],
  [{ errcode: '90018' }, 'UPSTREAM_BUSY'],
  [{ errcode: -1 }, 'UPSTREAM_UNAVAILABLE'],
  [{ errcode: 33012, errmsg: 'no' }, 'UPSTREAM_REFUSED'],
  [{}, 'UPSTREAM_REFUSED'],
  [null, 'UPSTREAM_REFUSED'],
  ['<html>', 'UPSTREAM_REFUSED'],
  [{ errcode: { nested: 0 } }, 'UPSTREAM_REFUSED'],
])('an answer %j that its status calls a success is %s', (body, code) => {
  expect(errorInAnswer('ding', 'list', body, dingTalk)?.code).toBe(code)
})

test('the words of a system are shown to people only where they were written for them', () => {
  const inside = errorInAnswer('ding', 'list', { errcode: 33012, errmsg: 'stack trace' }, dingTalk)
  const forPeople = errorInAnswer('ding', 'list', { errcode: 60011, errmsg: '没有权限' }, dingTalk)
  expect(inside?.reason).toBeUndefined()
  expect(forPeople).toMatchObject({ reason: '没有权限', reasonCode: '60011', outcome: 'refused', retryable: false })
})

test('a sign may lie deep, inside lists, or only in some answers', () => {
  const kingdee = answersDefinition.parse({
    errorWhen: [
      {
        path: '0.0.Result.ResponseStatus.IsSuccess',
        is: false,
        code: '0.0.Result.ResponseStatus.ErrorCode',
        reason: ['0.0.Result.ResponseStatus.Errors.0.Message', '0.0.Result.ResponseStatus.Message'],
        told: true,
      },
    ],
  })
  const refused = [
    [{ Result: { ResponseStatus: { IsSuccess: false, ErrorCode: 500, Errors: [{ Message: '单据不存在' }] } } }],
  ]
  expect(errorInAnswer('k3', 'ExecuteBillQuery', [['a', 1]], kingdee)).toBeUndefined()
  expect(errorInAnswer('k3', 'ExecuteBillQuery', refused, kingdee)).toMatchObject({
    reason: '单据不存在',
    reasonCode: '500',
  })
})

test('what may be left out says so', () => {
  const answers = answersDefinition.parse({
    errorWhen: [
      { path: 'code', not: ['200', 0], absent: 'fine' },
      { path: 'error', present: true, operations: ['save'], reason: 'error' },
    ],
  })
  expect(errorInAnswer('x', 'list', { rows: [] }, answers)).toBeUndefined()
  expect(errorInAnswer('x', 'list', { error: 'e' }, answers)).toBeUndefined()
  expect(errorInAnswer('x', 'save', { error: 'e' }, answers)?.code).toBe('UPSTREAM_REFUSED')
  expect(errorInAnswer('x', 'save', { error: '' }, answers)).toBeUndefined()
})

test('the data of an answer is what stands at its path', () => {
  expect(dataOf({ result: [1] }, dingTalk)).toEqual([1])
  expect(dataOf({}, dingTalk)).toBeNull()
  expect(dataOf([1], undefined)).toEqual([1])
})

test('a rule says one thing', () => {
  expect(answersDefinition.safeParse({ errorWhen: [{ path: 'code' }] }).success).toBe(false)
  expect(answersDefinition.safeParse({ errorWhen: [{ path: 'code', is: 1, not: 2 }] }).success).toBe(false)
})
