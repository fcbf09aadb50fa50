/** Mantine reads the tokens of styles/tokens.css; verdicts are never Mantine colours. */
import { createTheme, type CSSVariablesResolver } from '@mantine/core'

export const theme = createTheme({
  primaryColor: 'petrol',
  primaryShade: { light: 7, dark: 4 },
  autoContrast: true,
  luminanceThreshold: 0.35,
  colors: {
    petrol: ['#e6f3f5', '#cce6ea', '#a0d0d8', '#6fb8c4', '#4fb0be', '#27899a', '#14727f', '#0c5f6d', '#0a4c57', '#083a43'],
  },
  fontFamily: 'var(--aw-font)',
  fontFamilyMonospace: 'var(--aw-mono)',
  headings: { fontWeight: '640' },
  fontSizes: { xs: 'var(--aw-text-1)', sm: 'var(--aw-text-2)', md: 'var(--aw-text-3)', lg: 'var(--aw-text-4)', xl: 'var(--aw-text-5)' },
  spacing: { xs: 'var(--aw-2)', sm: 'var(--aw-3)', md: 'var(--aw-4)', lg: 'var(--aw-5)', xl: 'var(--aw-6)' },
  radius: { xs: 'var(--aw-r-1)', sm: 'var(--aw-r-1)', md: 'var(--aw-r-2)', lg: 'var(--aw-r-3)', xl: 'var(--aw-r-3)' },
  defaultRadius: 'md',
  shadows: { sm: 'var(--aw-shadow-1)', md: 'var(--aw-shadow-2)', lg: 'var(--aw-shadow-3)' },
  breakpoints: { xs: '30em', sm: '45em', md: '62em', lg: '75em', xl: '90em' },
  respectReducedMotion: true,
  cursorType: 'pointer',
})

const variables = {
  '--mantine-color-body': 'var(--aw-page)',
  '--mantine-color-text': 'var(--aw-ink)',
  '--mantine-color-default': 'var(--aw-surface)',
  '--mantine-color-default-border': 'var(--aw-line)',
  '--mantine-color-default-hover': 'var(--aw-hover)',
  '--mantine-color-dimmed': 'var(--aw-ink-2)',
  '--mantine-color-placeholder': 'var(--aw-ink-3)',
  '--mantine-color-error': 'var(--aw-failed)',
  '--mantine-color-anchor': 'var(--aw-brand-ink)',
}

export const cssVariablesResolver: CSSVariablesResolver = () => ({ variables: {}, light: variables, dark: variables })
