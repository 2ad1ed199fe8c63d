import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import { precompress } from './build/precompress.ts'

const SERVER = 'http://127.0.0.1:8088'

export default defineConfig({
  plugins: [react(), precompress()],
  server: {
    proxy: {
      '/api': { target: SERVER, ws: true },
      '/auth': SERVER,
      '/health': SERVER,
    },
  },
  build: {
    // A file as a data: address would be refused by the server's Content-Security-Policy.
    assetsInlineLimit: 0,
    // One stylesheet for all pages: it is small, and no page has to wait for its own.
    cssCodeSplit: false,
    // Every supported browser knows modulepreload.
    modulePreload: { polyfill: false },
    // What the licences of the bundled packages ask for.
    license: { fileName: 'licenses.txt' },
  },
})
