import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { type ReactNode, Suspense, useEffect, useSyncExternalStore } from 'react'
import { Redirect, Route, Switch, useLocation } from 'wouter'
import { startListening } from './api/live.ts'
import { asProblem } from './api/problem.ts'
import { getState, start, subscribe } from './api/session.ts'
import { Failure, Loading } from './components/Notice.tsx'
import { ErrorBoundary } from './ErrorBoundary.tsx'
import { lazily } from './lazily.ts'
import { NotFound } from './NotFound.tsx'
import { Shell } from './shell/Shell.tsx'

const DashboardPage = lazily(() => import('./pages/dashboard/DashboardPage.tsx'))
const FindingsPage = lazily(() => import('./pages/findings/FindingsPage.tsx'))
const FindingPage = lazily(() => import('./pages/findings/FindingPage.tsx'))
const DownloadsPage = lazily(() => import('./pages/downloads/DownloadsPage.tsx'))
const RecoveriesPage = lazily(() => import('./pages/recoveries/RecoveriesPage.tsx'))
const RecoveryPage = lazily(() => import('./pages/recoveries/RecoveryPage.tsx'))
const RequestsPage = lazily(() => import('./pages/requests/RequestsPage.tsx'))
const RequestPage = lazily(() => import('./pages/requests/RequestPage.tsx'))
const ChatPage = lazily(() => import('./pages/chat/ChatPage.tsx'))
const ActivityPage = lazily(() => import('./pages/activity/ActivityPage.tsx'))
const ServicesPage = lazily(() => import('./pages/services/ServicesPage.tsx'))
const UsersPage = lazily(() => import('./pages/users/UsersPage.tsx'))
const SettingsPage = lazily(() => import('./pages/settings/SettingsPage.tsx'))
const AccountPage = lazily(() => import('./pages/account/AccountPage.tsx'))
const LoginPage = lazily(() => import('./pages/login/LoginPage.tsx'))
const SetupPage = lazily(() => import('./pages/setup/SetupPage.tsx'))
const StatusPage = lazily(() => import('./pages/status/StatusPage.tsx'))

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5000,
      // The server has asked its own upstreams again already; a refusal stays one.
      retry: (count, error) => count < 2 && asProblem(error).status === 0,
      // What failed is asked for again when a page needs it, and shown as failed meanwhile.
      throwOnError: false,
    },
  },
})

/** Every page, for who may see it. */
export function App() {
  useEffect(() => {
    void start()
    return startListening(queries)
  }, [])
  return (
    <QueryClientProvider client={queries}>
      <Switch>
        <Route path="/status">
          <Bare>
            <StatusPage />
          </Bare>
        </Route>
        <Route>
          <ForState />
        </Route>
      </Switch>
    </QueryClientProvider>
  )
}

/** The page of an address, or what has to be done before it. */
function ForState() {
  const state = useSyncExternalStore(subscribe, getState)
  switch (state.kind) {
    case 'unknown':
      return (
        <Bare>
          <Loading lines={4} />
        </Bare>
      )
    case 'failed':
      return (
        <Bare>
          <title>No answer · AutoArr</title>
          <h1>AutoArr</h1>
          <Failure error={state.problem} retry={() => void start()} />
        </Bare>
      )
    case 'anonymous':
    case 'ended':
      return (
        <Bare>
          <LoginPage ended={state.kind === 'ended'} />
        </Bare>
      )
    case 'in':
      return (
        <Shell me={state.me}>
          <Guarded>{state.me.role === 'admin' ? <AdminPages /> : <RequesterPages />}</Guarded>
        </Shell>
      )
  }
}

function AdminPages() {
  return (
    <Switch>
      <Route path="/" component={DashboardPage} />
      <Route path="/setup" component={SetupPage} />
      <Route path="/findings" component={FindingsPage} />
      <Route path="/findings/:id">{({ id }) => <FindingPage id={id} />}</Route>
      <Route path="/downloads" component={DownloadsPage} />
      <Route path="/recoveries" component={RecoveriesPage} />
      <Route path="/recoveries/:id">{({ id }) => <RecoveryPage id={id} />}</Route>
      <Route path="/activity" component={ActivityPage} />
      <Route path="/services" component={ServicesPage} />
      <Route path="/users" component={UsersPage} />
      <Route path="/settings/:part?">{({ part }) => <SettingsPage part={part ?? 'policy'} />}</Route>
      <Route>
        <EverybodysPages />
      </Route>
    </Switch>
  )
}

function RequesterPages() {
  return (
    <Switch>
      <Route path="/">
        <Redirect to="/requests" replace />
      </Route>
      <Route>
        <EverybodysPages />
      </Route>
    </Switch>
  )
}

function EverybodysPages() {
  const [path] = useLocation()
  return (
    <Switch>
      <Route path="/requests" component={RequestsPage} />
      <Route path="/requests/:id">{({ id }) => <RequestPage id={id} />}</Route>
      <Route path="/chat/:id?">{({ id }) => <ChatPage id={id ?? null} />}</Route>
      <Route path="/account" component={AccountPage} />
      <Route>
        <NotFound path={path} />
      </Route>
    </Switch>
  )
}

/** A page without the menu. */
function Bare({ children }: { children: ReactNode }) {
  return (
    <main className="bare">
      <Guarded>{children}</Guarded>
    </main>
  )
}

/** A page that fails leaves the rest of the frame, and another page works again. */
function Guarded({ children }: { children: ReactNode }) {
  const [path] = useLocation()
  return (
    <ErrorBoundary key={path}>
      <Suspense fallback={<Loading lines={6} />}>{children}</Suspense>
    </ErrorBoundary>
  )
}
