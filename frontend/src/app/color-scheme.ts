/** Light or dark: the device's choice until the person makes one. */
import { useComputedColorScheme, useMantineColorScheme } from '@mantine/core'

export function useColorScheme(): { scheme: 'light' | 'dark'; toggle: () => void } {
  const { setColorScheme } = useMantineColorScheme()
  const scheme = useComputedColorScheme('light')
  return { scheme, toggle: () => setColorScheme(scheme === 'dark' ? 'light' : 'dark') }
}
