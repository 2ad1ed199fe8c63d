import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import { precompress } from './build/precompress.ts'

const SERVER = 'http://127.0.0.1:8088'

export default defineConfig({
  plugins: [react(), precompress()],
  server: {
    proxy: {
      '/api': SERVER,
      '/health': SERVER,
      '/ws': { target: SERVER, ws: true },
    },
  },
  build: {
    // A file as a data: address would be refused by the server's Content-Security-Policy.
    assetsInlineLimit: 0,
    // Every supported browser knows modulepreload.
    modulePreload: { polyfill: false },
    // What the licences of the bundled packages ask for.
    license: { fileName: 'licenses.txt' },
  },
})
