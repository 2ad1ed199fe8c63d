import { useState } from 'react'
import { Link } from 'wouter'
import { Button } from '../../../components/Button.tsx'
import { CopyText } from '../../../components/CopyText.tsx'
import { Select } from '../../../components/Field.tsx'
import { FormButtons, Row } from '../../../components/Form.tsx'
import { Panel } from '../../../components/Panel.tsx'
import { TokenDialog } from '../../users/TokenDialog.tsx'
import { type ClientKind, recipesFor } from './clients.ts'
import { MCP, PLACEHOLDER } from './texts.ts'

/** How MCP clients are connected to this AutoArr. */
export default function McpPart() {
  const [client, setClient] = useState<ClientKind>('claude-code')
  const [token, setToken] = useState<string | null>(null)
  const [making, setMaking] = useState(false)
  const address = `${window.location.origin}/mcp`
  const recipes = recipesFor(address, token ?? PLACEHOLDER)
  const options = (Object.keys(recipes) as ClientKind[]).map((kind) => [kind, recipes[kind].name] as const)
  const recipe = recipes[client]
  return (
    <>
      <Panel title={MCP.address.title}>
        <p>{MCP.address.explain}</p>
        <p>{MCP.address.name}</p>
        <CopyText label={MCP.address.label} text={address} wrap />
        <p>{MCP.address.header}</p>
        {window.location.protocol === 'https:' ? null : <p>{MCP.address.tls}</p>}
      </Panel>
      <Panel title={MCP.token.title}>
        <p>{MCP.token.explain}</p>
        <FormButtons>
          <Button onClick={() => setMaking(true)}>{MCP.token.make}</Button>
          <Link href="/account">{MCP.token.manage}</Link>
        </FormButtons>
        {token === null ? null : <p>{MCP.token.fill}</p>}
      </Panel>
      <Panel title={MCP.clients.title}>
        <Row>
          <Select label={MCP.clients.pick} value={client} options={options} onChange={setClient} />
        </Row>
        <p>{recipe.where}</p>
        {recipe.text.includes('docker') ? <p>{MCP.clients.container}</p> : null}
        <CopyText key={client} label={recipe.name} text={recipe.text} wrap={client === 'claude-code'} />
      </Panel>
      {making ? <TokenDialog onMade={setToken} onClose={() => setMaking(false)} /> : null}
    </>
  )
}
