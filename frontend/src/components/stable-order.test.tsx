import { fireEvent, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, test } from 'vitest'
import { keepOrder, useStableOrder } from './stable-order'

test.each([
  [['a', 'b'], ['b', 'a'], ['a', 'b']],
  [['a', 'b'], ['c', 'b'], ['b', 'c']],
  [[], ['b', 'a'], ['b', 'a']],
])('shown %j, wanted %j stays %j', (shown, wanted, expected) => {
  expect(keepOrder(shown, wanted, (item) => item)).toEqual(expected)
})

function List({ wanted }: { wanted: string[] }) {
  const order = useStableOrder(wanted, (item) => item)
  return <div {...order.watch}><ul>{order.items.map((item) => <li key={item}>{item}</li>)}</ul>{order.waiting > 0 && <button type="button" onClick={order.show}>{order.waiting} changes, show</button>}</div>
}
const texts = () => screen.getAllByRole('listitem').map((item) => item.textContent)

test('under the pointer the order waits until it is asked for', async () => {
  const { rerender } = render(<List wanted={['a', 'b']} />)
  fireEvent.pointerEnter(screen.getByRole('list').parentElement as HTMLElement)
  rerender(<List wanted={['b', 'a']} />)
  expect(texts()).toEqual(['a', 'b'])
  await userEvent.click(screen.getByRole('button', { name: '2 changes, show' }))
  expect(texts()).toEqual(['b', 'a'])
})

test('with nobody at the list it follows at once', () => {
  const { rerender } = render(<List wanted={['a', 'b']} />)
  rerender(<List wanted={['b', 'a']} />)
  expect(texts()).toEqual(['b', 'a'])
})
