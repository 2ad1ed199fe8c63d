export default function FirstUser() {
  return <p>…</p>
}
