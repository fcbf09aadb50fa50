/** Checks a page for what keeps people out; colours are computed from the tokens elsewhere. */
import { act } from '@testing-library/react'
import axe, { type AxeResults } from 'axe-core'

/** The violations of WCAG 2.2 AA and good practice, as "rule: element"; empty when there are none. */
export async function violations(root: Element = document.body): Promise<string[]> {
  const violated: AxeResults['violations'] = []
  await act(async () => {
    const found = await axe.run(root, { rules: { 'color-contrast': { enabled: false } }, resultTypes: ['violations'] })
    violated.push(...found.violations)
  })
  return violated.flatMap((violation) => violation.nodes.map((node) => `${violation.id}: ${node.html.slice(0, 160)}`))
}
