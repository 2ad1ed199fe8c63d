import { describe, expect, it } from 'vitest'
import { recipesFor } from '../../../../src/pages/settings/mcp/clients.ts'

const recipes = recipesFor('http://autoarr.example:8088/mcp', 'aa_token')

describe('recipesFor', () => {
  it('starts the command in the container, with the token in its environment', () => {
    expect(JSON.parse(recipes['claude-desktop'].text)).toEqual({
      mcpServers: {
        autoarr: {
          command: 'docker',
          args: ['exec', '-i', '-e', 'AUTOARR_MCP_TOKEN', 'autoarr', 'autoarr', 'mcp'],
          env: { AUTOARR_MCP_TOKEN: 'aa_token' },
        },
      },
    })
  })

  it('writes no token where the client asks for it', () => {
    expect(recipes.vscode.text).not.toContain('aa_token')
    expect(recipes.cursor.text).not.toContain('aa_token')
  })

  it('gives the address to all that connect over HTTP', () => {
    for (const kind of ['claude-code', 'vscode', 'cursor', 'http'] as const) {
      expect(recipes[kind].text).toContain('http://autoarr.example:8088/mcp')
    }
  })
})
