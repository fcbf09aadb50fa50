import { actionIcon, actionWords, actorName, byDay, dayTitle, detailWords, operationOf } from './sentence'

test.each([['service.install', 'asked to install'], ['cluster.register', 'asked to connect'], ['backup.make', 'backup make']])('%s is said as %s', (action, words) => {
  expect(actionWords(action)).toBe(words)
})
test('who did it: a person, else Anywhere', () => {
  expect([actorName({ actor: { email: 'a@b.example' } }), actorName({ actor: null })]).toEqual(['a@b.example', 'Anywhere'])
})
test('days keep the order of the entries', () => {
  const entry = (id: string, at: string) => ({ id, at, actor: null, action: 'x', subject: { type: 'service', id: 's', name: 'n' }, detail: null })
  const days = byDay([entry('3', '2026-11-21T10:00:00'), entry('2', '2026-11-21T09:00:00'), entry('1', '2026-11-20T09:00:00')])
  expect(days.map((day) => day.entries.map((each) => each.id))).toEqual([['3', '2'], ['1']])
  const now = Date.parse('2026-11-21T12:00:00')
  expect(days.map((day) => dayTitle(day.key, now))).toEqual(['Today', 'Yesterday'])
})
test('the detail shows plain words and no ids', () => {
  const operation = '72b7e1c2-3854-4d70-b268-e57eccfe29e9'
  expect(detailWords({ cluster: 'prod-eu', operation, summary: 'Install Valkey 1.0.0', digest: 'a77c' })).toBe('Install Valkey 1.0.0, cluster prod-eu')
  expect([operationOf({ operation }), operationOf({ operation: 'x' }), operationOf(null)]).toEqual([operation, null, null])
  expect(detailWords({ version: '18.6', plan: 'small', operation_id: 'x', id: 'y', delete_data: true, values: { a: 1 }, note: '' })).toBe('version 18.6, plan small, delete data')
  expect([detailWords('renamed from a'), detailWords(null), detailWords([1])]).toEqual(['renamed from a', '', ''])
})
test.each([['service.install', 'plus'], ['service.uninstall', 'trash'], ['service.reveal_credentials', 'key'], ['other.thing', 'clock']])('the icon of %s', (action, icon) => {
  expect(actionIcon(action)).toBe(icon)
})
