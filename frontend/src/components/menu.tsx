/** A menu of actions behind a button. */
import { Menu as MantineMenu } from '@mantine/core'
import '@mantine/core/styles/UnstyledButton.css'
import '@mantine/core/styles/Popover.css'
import '@mantine/core/styles/Menu.css'
import type { ReactElement, ReactNode } from 'react'
import { rememberMenu } from '../lib/give-back'
import { Icon, type IconName } from './icon'

export interface MenuItem {
  label: string
  icon?: IconName
  danger?: boolean
  /** Why it cannot be done now; shown under the label. */
  disabled?: string
  selected?: boolean
  onSelect: () => void
}

/** `children` is the button; without it three dots are shown, named by `label`. */
export function Menu({ label, items, children }: { label: string; items: MenuItem[]; children?: ReactNode }): ReactElement {
  return (
    <MantineMenu position="bottom-end" withinPortal shadow="md" width={240}>
      <MantineMenu.Target>
        {children ?? <button type="button" className="icon-btn" aria-label={label}><Icon name="dots" /></button>}
      </MantineMenu.Target>
      <MantineMenu.Dropdown aria-label={label}>
        {items.map((item) => (
          <MantineMenu.Item
            key={item.label}
            disabled={Boolean(item.disabled)}
            leftSection={item.icon ? <Icon name={item.icon} /> : undefined}
            rightSection={item.selected ? <Icon name="check" label="Selected" /> : undefined}
            className={item.danger ? 'danger-text' : undefined}
            onClick={(event) => { rememberMenu(event.currentTarget); item.onSelect() }}
          >
            {item.label}
            {item.disabled && <span className="tiny faint block-line">{item.disabled}</span>}
          </MantineMenu.Item>
        ))}
      </MantineMenu.Dropdown>
    </MantineMenu>
  )
}
