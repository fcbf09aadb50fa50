import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'
import { compress } from './compress.ts'

const portal = process.env.ANYWHERE_URL ?? 'http://127.0.0.1:8000'

export default defineConfig({
  plugins: [react(), compress()],
  server: { port: 5173, proxy: { '/api': { target: portal } } },
  build: { outDir: 'dist', assetsDir: 'assets', assetsInlineLimit: 0, chunkSizeWarningLimit: 700, modulePreload: { polyfill: false } },
  test: {
    environment: 'jsdom',
    globals: true,
    setupFiles: ['src/test/setup.ts'],
    css: false,
    maxWorkers: 2,
    testTimeout: 30_000,
  },
})
