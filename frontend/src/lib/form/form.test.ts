import { describe, expect, test } from 'vitest'
import { diffLines } from './diff-lines'
import { fieldsOf, groupsOf, groupSummary, isShown, titleFromKey } from './fields'
import { shownIn, toQuantity, unitToAsk } from './quantity'
import { takeSecrets, withSecrets } from './secrets'
import { patternSentence } from './pattern'
import { errorsAt, validateValues } from './validate'
import { difference, getPath, leafPaths, mergeValues, prune, setPath, unsetPath } from './values'
import { parseYaml, toYaml } from './yaml'

const schema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    replicas: { type: 'integer', minimum: 1, maximum: 5, title: 'Brokers', 'x-form': { order: 1, group: 'Size', level: 'basic' } },
    auth: {
      type: 'object', additionalProperties: false, required: ['database'],
      properties: {
        database: { type: 'string', minLength: 1, pattern: '^[a-z]+$', 'x-form': { order: 1, group: 'Basics' } },
        password: { type: 'string', writeOnly: true, 'x-form': { order: 2, group: 'Security', widget: 'password', generate: 'password' } },
        seed: { type: 'string', writeOnly: true, 'x-form': { order: 3, group: 'Security', generate: 'seed', hidden: true } },
      },
    },
    persistence: {
      type: 'object',
      properties: {
        size: { $ref: '#/definitions/size' },
        hidden: { type: 'string' },
      },
    },
    service: {
      type: 'object',
      properties: {
        type: { enum: ['ClusterIP', 'NodePort'], 'x-form': { order: 5, group: 'Network' } },
        nodePort: { type: 'integer', 'x-form': { order: 6, group: 'Network', level: 'advanced', showIf: { path: 'service.type', equals: 'NodePort' } } },
      },
    },
  },
  definitions: { size: { type: 'string', title: 'Disk', 'x-form': { order: 3, group: 'Storage', widget: 'quantity', unit: 'GiB' } } },
}
const defaults = { replicas: 1, auth: { database: 'app', password: '' }, persistence: { size: '5Gi', hidden: '' }, service: { type: 'ClusterIP', nodePort: 0 } }

describe('values', () => {
  test('a path is read, set and removed without touching the rest', () => {
    expect(getPath(defaults, 'auth.database')).toBe('app')
    expect(getPath(defaults, 'auth.database.x')).toBeUndefined()
    expect(setPath({}, 'a.b.c', 1)).toEqual({ a: { b: { c: 1 } } })
    expect(unsetPath({ a: { b: 1 }, c: 2 }, 'a.b')).toEqual({ c: 2 })
  })
  test('layers merge as Helm does: lists are replaced, null removes', () => {
    expect(mergeValues({ a: { b: 1, c: [1, 2] } }, { a: { c: [3], b: null } }, { d: 1 })).toEqual({ a: { c: [3] }, d: 1 })
  })
  test('the difference holds only what is not as in the base', () => {
    const wanted = setPath(setPath(defaults, 'replicas', 3), 'persistence.size', '5Gi')
    expect(difference(defaults, wanted)).toEqual({ replicas: 3 })
    expect(difference({ a: 1, b: 2 }, { b: 2 })).toEqual({ a: null })
    expect(mergeValues(defaults, difference(defaults, wanted))).toEqual(wanted)
  })
  test('values that became the default are pruned', () => {
    expect(prune(defaults, { replicas: 1, auth: { database: 'shop' }, extra: { a: 1 } })).toEqual({ auth: { database: 'shop' }, extra: { a: 1 } })
  })
  test('leaf paths', () => {
    expect(leafPaths({ a: { b: 1, c: {} }, d: [1] })).toEqual(['a.b', 'a.c', 'd'])
  })
})

describe('fields', () => {
  const fields = fieldsOf(schema)
  test('only curated properties are fields, references followed', () => {
    expect(fields.map((field) => field.path).sort()).toEqual(['auth.database', 'auth.password', 'persistence.size', 'replicas', 'service.nodePort', 'service.type'])
    expect(fields.find((field) => field.path === 'persistence.size')?.title).toBe('Disk')
    expect(fields.find((field) => field.path === 'auth.password')?.secret).toBe(true)
  })
  test('groups come in their order', () => {
    expect(groupsOf(fields).map((group) => group.name)).toEqual(['Basics', 'Size', 'Storage', 'Security', 'Network'])
  })
  test('a conditional field follows its condition', () => {
    const nodePort = fields.find((field) => field.path === 'service.nodePort')
    expect(nodePort && isShown(nodePort, defaults, fields)).toBe(false)
    expect(nodePort && isShown(nodePort, setPath(defaults, 'service.type', 'NodePort'), fields)).toBe(true)
  })
  test('a fold says its values and how many were changed', () => {
    const storage = groupsOf(fields).find((group) => group.name === 'Storage')
    expect(storage && groupSummary(storage, defaults, () => false)).toBe('5 GiB')
    expect(storage && groupSummary(storage, defaults, () => true)).toBe('5 GiB · 1 changed')
  })
  test('keys become titles', () => expect(titleFromKey('maxConnections')).toBe('Max connections'))
})

describe('quantities', () => {
  test.each([['5Gi', 'GiB', 5], ['512Mi', 'GiB', 0.5], ['100m', 'cores', 0.1], ['2', 'cores', 2], [4, undefined, 4], ['many', 'GiB', null]])('%s in %s is %s', (value, unit, shown) => {
    expect(shownIn(value, unit as string | undefined)).toBe(shown)
  })
  test.each([[5, 'GiB', '5Gi'], [0.5, 'GiB', '512Mi'], [0.25, 'cores', '250m'], [2, 'cores', '2']])('%s %s is written %s', (shown, unit, value) => {
    expect(toQuantity(shown, unit)).toBe(value)
  })
})

test.each([['256Mi', 'GiB', 'MiB'], ['2Gi', 'GiB', 'GiB'], ['', 'GiB', 'GiB'], ['100m', 'cores', 'cores']])('%s is asked for in %s as %s', (base, unit, asked) => {
  expect(unitToAsk(base, unit)).toBe(asked)
})

describe('validation', () => {
  test('good values have no errors', () => expect(validateValues(schema, defaults)).toEqual({}))
  test('each violation is said at its path in plain words', () => {
    const errors = validateValues(schema, { replicas: 9, auth: { database: 'A1' }, service: { type: 'Odd' }, wrong: 1 })
    expect(errors.replicas).toEqual(['The largest possible value is 5.'])
    expect(errors['auth.database']?.[0]).toContain('small letters')
    expect(errors['service.type']).toEqual(['Choose one of ClusterIP, NodePort.'])
    expect(errors.wrong).toEqual(['The package does not know this value.'])
  })
  test('what is missing is said at the missing path', () => {
    expect(validateValues(schema, { auth: {} })).toEqual({ 'auth.database': ['A value is needed.'] })
  })
})

describe('yaml', () => {
  test('text and tree are the same thing', () => {
    expect(parseYaml('replicas: 3\nauth:\n  database: shop\n')).toEqual({ ok: true, values: { replicas: 3, auth: { database: 'shop' } } })
    expect(toYaml({ replicas: 3 })).toBe('replicas: 3\n')
    expect(parseYaml('')).toEqual({ ok: true, values: {} })
    expect(toYaml({})).toBe('')
  })
  test('errors have their line', () => {
    const parsed = parseYaml('a: 1\nb: [1,\n')
    expect(parsed.ok).toBe(false)
    expect(!parsed.ok && parsed.errors[0]?.line).toBeGreaterThanOrEqual(2)
  })
  test('a list or a reference is refused', () => {
    expect(parseYaml('- 1').ok).toBe(false)
    expect(parseYaml('a: &x 1\nb: *x').ok).toBe(false)
  })
})

describe('difference as text', () => {
  test('old and new stand below their parents, secrets as dots', () => {
    expect(diffLines(defaults, { replicas: 3, persistence: { size: '9Gi' }, auth: { password: 'geheim' } }, ['auth.password'])).toEqual([
      '- replicas: 1', '+ replicas: 3', '  persistence:', '-   size: 5Gi', '+   size: 9Gi', '  auth:', '-   password: ""', '+   password: ••••••',
    ])
  })
})

describe('secrets', () => {
  test('they are taken out of the tree and put back on submit', () => {
    const taken = takeSecrets({ auth: { database: 'shop', password: 'geheim' } }, ['auth.password'])
    expect(taken).toEqual({ values: { auth: { database: 'shop' } }, secrets: { 'auth.password': 'geheim' } })
    expect(withSecrets(taken.values, taken.secrets)).toEqual({ auth: { database: 'shop', password: 'geheim' } })
  })
  test('dots that stand for a kept secret are not sent', () => {
    expect(takeSecrets({ auth: { password: '••••' } }, ['auth.password'])).toEqual({ values: {}, secrets: {} })
  })
})

describe('what the bundled packages use', () => {
  const own = { type: 'object', properties: {
    username: { type: 'string', pattern: '^[a-z]+$', not: { anyOf: [{ const: 'postgres' }, { pattern: '^pg_' }] }, description: 'Small letters.' },
    extra: { type: 'object', propertyNames: { pattern: '^[a-z]+$' }, additionalProperties: { type: ['string', 'number'] } },
  } }
  test('a reserved name is refused at its field', () => {
    expect(validateValues(own, { username: 'postgres' })).toEqual({ username: ['This value cannot be used here.'] })
  })
  test('a wrong form is said with what is expected', () => {
    expect(validateValues(own, { username: 'A' })).toEqual({ username: ['This takes small letters.'] })
  })
  test.each([
    ['^[a-z][a-z0-9_]{0,62}$', 'This takes small letters, digits and underscores, begins with a small letter and has at most 63 characters.'],
    ['^[A-Za-z_][A-Za-z0-9_]*$', 'This takes small letters, capital letters, digits and underscores and begins with a small letter, a capital letter or an underscore.'],
    ['^[a-z0-9-]{1,20}$', 'This takes small letters, digits and hyphens and has at most 20 characters.'],
    ['^[a-z/]+$', ''], ['^(a|b)$', ''], ['[a-z]+', ''], ['^[^a-z]+$', ''],
  ])('%s in words', (pattern, words) => expect(patternSentence(pattern)).toBe(words))
  test('what a value has to be is said in the words of the schema', () => {
    const worded = (pattern: string, words: string) => ({ type: 'string', if: { pattern }, else: { const: words, not: { const: words } } })
    const schema = { type: 'object', properties: {
      heap: worded('^[0-9]+m$', 'an amount such as 512m'),
      names: { type: 'array', items: worded('^[a-z]+$', 'a name') },
      extra: { type: 'object', propertyNames: worded('^[a-z]+$', 'a name of a setting'), additionalProperties: worded('^[^\\n]*$', 'one line') },
      size: { ...worded('^[0-9]+Gi$', 'an amount such as 10Gi'), 'x-form': { widget: 'quantity' } },
    } }
    expect(validateValues(schema, { heap: '512m', names: ['a'], extra: { a: 'b' }, size: '1Gi' })).toEqual({})
    expect(validateValues(schema, { heap: '512', names: ['a', 'A'], extra: { a: 'b\nc' }, size: '1' })).toEqual({
      heap: ['This has to be an amount such as 512m.'],
      'names.1': ['This has to be a name.'],
      'extra.a': ['This has to be one line.'],
      size: ['This has to be an amount such as 10Gi; 0 is not enough.'],
    })
    expect(validateValues(schema, { extra: { A: 'b' } })).toEqual({ extra: ['Each name has to be a name of a setting.'] })
    expect(Object.keys(validateValues(schema, { heap: 'an amount such as 512m' }))).toEqual(['heap'])
  })
  test('an amount without words of its own is said with a unit as example', () => {
    const amount = (unit: string) => ({ type: 'object', properties: { size: { type: 'string', pattern: '^[1-9][0-9]*(Gi|m)$', 'x-form': { widget: 'quantity', unit } } } })
    expect(validateValues(amount('GiB'), { size: '10GB' })).toEqual({ size: ['This is not an amount. Write one above 0 with its unit, such as 10Gi.'] })
    expect(validateValues(amount('cores'), { size: 'x' })).toEqual({ size: ['This is not an amount. Write one above 0 with its unit, such as 500m.'] })
  })
  test('what is wrong inside a list is found at the list, with its place', () => {
    const errors = { 'models.0.weight': ['The largest possible value is 100.'], models: ['At most 2 are possible.'], modelsDir: ['No.'] }
    expect(errorsAt(errors, 'models')).toEqual(['Entry 1, weight: The largest possible value is 100.', 'At most 2 are possible.'])
    expect(errorsAt(errors, 'other')).toEqual([])
  })
  test('free settings are checked by name and kind', () => {
    expect(Object.keys(validateValues(own, { extra: { Big: 1 } }))[0]).toMatch(/^extra/)
    expect(validateValues(own, { extra: { small: true } })).toEqual({ 'extra.small': ['This has to be text or a number.'] })
  })
})
