// The generator of the API's types works through the compiler interface that TypeScript 7 no longer has: it gets a
// TypeScript 5 of its own.
module.exports = {
  hooks: {
    readPackage(manifest) {
      if (manifest.name === 'openapi-typescript') {
        manifest.dependencies = { ...manifest.dependencies, typescript: '5.9.3' }
        delete manifest.peerDependencies.typescript
      }
      return manifest
    },
  },
}
