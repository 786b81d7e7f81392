/** The page's style sheet. System fonts and colours of its own, for light and dark. */
export const STYLE = `
:root { color-scheme: light dark; --text: #1d2430; --muted: #535c6b; --back: #fff; --card: #f4f6f9; --line: #c9d0da;
  --link: #0b57b8; --good: #0d6b3c; --bad: #a8201a; --warn: #7d4e00; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e8ebf0; --muted: #a9b2c0; --back: #14181f; --card: #1d232d; --line: #3a4352;
    --link: #8ab8ff; --good: #6fd39c; --bad: #ff9c94; --warn: #f0bf67; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 75rem; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif; color: var(--text); background: var(--back); }
a { color: var(--link); }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.skip { position: absolute; left: -99rem; } .skip:focus { left: 1rem; background: var(--back); padding: .5rem; }
header, .row { display: flex; flex-wrap: wrap; gap: .75rem; align-items: end; justify-content: space-between; }
h1 { font-size: 1.4rem; margin: 0; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
.state { font-weight: 600; margin: 1rem 0; padding: .75rem 1rem; border-left: .4rem solid; background: var(--card); }
.good { color: var(--good); } .bad { color: var(--bad); } .warn { color: var(--warn); } .muted { color: var(--muted); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; } caption { text-align: left; color: var(--muted); padding: .25rem 0; }
th, td { padding: .35rem .6rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
tbody tr:first-child th[scope=rowgroup] { padding-top: .75rem; }
form { display: flex; flex-wrap: wrap; gap: .75rem; align-items: end; }
label { display: block; font-size: .9rem; color: var(--muted); }
input, select, button { font: inherit; color: inherit; background: var(--back); border: 1px solid var(--muted); border-radius: .3rem; padding: .4rem .6rem; max-width: 100%; }
button { background: var(--card); cursor: pointer; }
pre { overflow-x: auto; padding: .75rem 1rem; background: var(--card); font: .9rem/1.5 ui-monospace, monospace; }
@media (max-width: 40rem) { th, td { padding: .3rem .4rem; font-size: .9rem; } }
`;
