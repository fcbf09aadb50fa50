import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'
import { compress } from './compress.ts'

const portal = process.env.ANYWHERE_URL ?? 'http://127.0.0.1:8000'

export default defineConfig({
  plugins: [react(), compress()],
  server: { port: 5173, proxy: { '/api': { target: portal } } },
  build: { outDir: 'dist', assetsDir: 'assets', assetsInlineLimit: 0, chunkSizeWarningLimit: 700, modulePreload: { polyfill: false } },
  test: {
    globals: true,
    maxWorkers: 2,
    testTimeout: 30_000,
    projects: [
      { extends: true, test: { name: 'rules', environment: 'node', include: ['src/**/*.test.ts'], isolate: false } },
      { extends: true, test: { name: 'pages', environment: 'jsdom', include: ['src/**/*.test.tsx'], setupFiles: ['src/test/setup.ts'], css: false } },
    ],
  },
})
