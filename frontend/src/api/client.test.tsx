import { http, HttpResponse } from 'msw'
import { expect, test } from 'vitest'
import { answer, problem, server } from '../test/server'
import { api, apiUrl, asProblem, nextPath, Problem } from './client'

test('empty query values are left out', () => {
  expect(apiUrl('/services/', { q: 'a b', cluster: '', limit: 5, verdict: undefined })).toBe('/api/v1/services/?q=a+b&limit=5')
})

test('a POST carries the CSRF token and an idempotency key', async () => {
  document.cookie = 'csrftoken=abc123'
  const calls = answer('post', 'things/', { id: 1 }, 201)
  await api.post('things/', { a: 1 }, { idempotencyKey: 'same' })
  await api.post('things/', { a: 1 }, { idempotencyKey: 'same' })
  expect(calls.map((call) => call.headers.get('Idempotency-Key'))).toEqual(['same', 'same'])
  expect(calls[0]?.headers.get('X-CSRFToken')).toBe('abc123')
})

test('the same request at work is waited for, with the same key', async () => {
  const keys: (string | null)[] = []
  server.use(http.post('*/api/v1/things/', ({ request }) => {
    keys.push(request.headers.get('Idempotency-Key'))
    return keys.length < 3
      ? HttpResponse.json(problem('idempotency.in_flight', 'The same request is at work', ''), { status: 409, headers: { 'Content-Type': 'application/problem+json' } })
      : HttpResponse.json({ id: 1 }, { status: 202 })
  }))
  expect(await api.post('things/')).toEqual({ id: 1 })
  expect(new Set(keys).size).toBe(1)
  expect(keys).toHaveLength(3)
})

test('problem details become a Problem with its fields', async () => {
  answer('get', 'things/', problem('thing.bad', 'The thing is bad', 'Because.', { name: ['Too long.'] }), 400)
  await expect(api.get('things/')).rejects.toMatchObject({ status: 400, code: 'thing.bad', title: 'The thing is bad', fields: { name: ['Too long.'] } })
})

test('an answer that is not a problem, and no answer, are said in words', async () => {
  server.use(http.get('*/api/v1/html/', () => new HttpResponse('<h1>502</h1>', { status: 502, headers: { 'Content-Type': 'text/html' } })))
  await expect(api.get('html/')).rejects.toMatchObject({ code: 'portal.unavailable', title: 'Anywhere did not answer as it should' })
  server.use(http.get('*/api/v1/gone/', () => HttpResponse.error()))
  await expect(api.get('gone/')).rejects.toMatchObject({ code: 'portal.unreachable' })
})

test('204 is nothing, and whatever is thrown becomes a Problem', async () => {
  answer('delete', 'things/1/', null, 204)
  expect(await api.delete('things/1/')).toBeUndefined()
  expect(asProblem(new Error('boom'))).toBeInstanceOf(Problem)
})

test('the next page is asked through the same door', () => {
  expect(nextPath('http://portal/api/v1/services/?cursor=x')).toBe('services/?cursor=x')
  expect(nextPath(null)).toBeNull()
})
