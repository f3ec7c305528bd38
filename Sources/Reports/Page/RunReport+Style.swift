extension RunReport {
    /// The look of the page: no script, no font and no picture from elsewhere; light or dark as the reader prefers.
    static let style = """
        :root{color-scheme:light dark;--paper:#faf8f4;--card:#fff;--ink:#1d1b18;--soft:#6d675e;--line:#e4dfd5;
        --accent:#1f4fb5;--good:#2d7d46;--bad:#b8371f;--c0:#1f4fb5;--c1:#c8432b;--c2:#b07d12;--c3:#2d7d46;--c4:#7a4aa8;
        --c5:#117f8c}
        @media(prefers-color-scheme:dark){:root{--paper:#14130f;--card:#1d1c18;--ink:#ece7dc;--soft:#a39c8e;
        --line:#34322b;--accent:#84a9ff;--good:#6cc789;--bad:#ff8a70;--c0:#84a9ff;--c1:#ff8a70;--c2:#e5b54a;
        --c3:#6cc789;--c4:#c39bf0;--c5:#5cc8d6}}
        *{box-sizing:border-box}
        html{-webkit-text-size-adjust:100%}
        body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",
        Roboto,"Helvetica Neue",Arial,sans-serif;font-variant-numeric:tabular-nums}
        main{max-width:1120px;margin:0 auto;padding:0 clamp(16px,4vw,40px) 72px}
        .rule{height:6px;background:linear-gradient(90deg,var(--c0) 0 61.8%,var(--c1) 61.8% 85.4%,var(--c2) 85.4%)}
        header{padding:40px 0 8px}
        h1{font-size:clamp(1.9rem,6vw,2.9rem);line-height:1.1;letter-spacing:-.025em;margin:.3em 0 .35em;
        overflow-wrap:anywhere}
        h2{font-size:1.3rem;letter-spacing:-.01em;margin:0 0 4px}
        h3{font-size:1rem;margin:28px 0 10px}
        section{margin-top:52px}
        p{margin:.4em 0 1em;max-width:68ch}
        .lead{color:var(--soft);font-size:1.05rem}
        .note{color:var(--soft);font-size:.9rem}
        .over{font-size:.75rem;letter-spacing:.14em;text-transform:uppercase;color:var(--soft)}
        .state{display:inline-block;border:1px solid currentColor;border-radius:99px;padding:1px 11px;font-size:.8rem;
        margin-left:10px;letter-spacing:0;text-transform:none}
        .finished{color:var(--good)}.running{color:var(--accent)}.stopped{color:var(--bad)}
        .cards,.plots,.samples{display:grid;gap:16px;margin-top:18px}
        .cards{grid-template-columns:repeat(auto-fit,minmax(min(100%,240px),1fr))}
        .plots{grid-template-columns:repeat(auto-fill,minmax(min(100%,300px),1fr))}
        .samples{grid-template-columns:repeat(auto-fill,minmax(min(100%,320px),1fr))}
        .card,.plot,.sample{background:var(--card);border:1px solid var(--line);border-radius:12px;margin:0;min-width:0}
        .card{padding:16px 18px 18px;border-top:4px solid var(--t)}
        .card h3{margin:0;color:var(--t)}
        .big{font-size:2.3rem;line-height:1.15;letter-spacing:-.03em;font-weight:650}
        .way{height:8px;border-radius:4px;background:var(--line);margin:12px 0 8px;overflow:hidden}
        .way i{display:block;height:100%;background:var(--t);border-radius:4px}
        .t0{--t:var(--c0)}.t1{--t:var(--c1)}.t2{--t:var(--c2)}.t3{--t:var(--c3)}.t4{--t:var(--c4)}.t5{--t:var(--c5)}
        .plot{padding:12px 14px 6px}
        .plot figcaption{display:flex;justify-content:space-between;gap:12px;font-size:.9rem;color:var(--soft)}
        .plot figcaption b{color:var(--t);white-space:nowrap}
        .plot figcaption span{overflow-wrap:anywhere}
        svg{display:block;width:100%;height:auto}
        svg text{font-size:11px;fill:var(--soft)}
        .grid{stroke:var(--line);fill:none}
        .raw{stroke:var(--t);fill:none;opacity:.28}
        .curve{stroke:var(--t);fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
        .reference{stroke:var(--soft);fill:none;stroke-dasharray:4 4}
        circle{fill:var(--t)}
        .wide{overflow-x:auto;margin-top:16px;-webkit-overflow-scrolling:touch}
        table{border-collapse:collapse;width:100%;font-size:.92rem}
        th,td{text-align:right;padding:7px 0 7px 18px;border-bottom:1px solid var(--line);white-space:nowrap}
        th{font-weight:500;color:var(--soft);font-size:.82rem}
        th:first-child,td:first-child{text-align:left;padding-left:0}
        td b{font-weight:650}
        .dot{display:inline-block;width:9px;height:9px;border-radius:50%;background:var(--t);margin-right:8px}
        .sub{color:var(--soft);padding-left:17px}
        .up{color:var(--good)}.down{color:var(--bad)}
        .sample{padding:10px 10px 8px}
        .strip{display:grid;grid-template-columns:repeat(3,1fr);gap:6px}
        .strip i{display:block;width:100%;background-size:100% 100%;border-radius:5px}
        .small i{image-rendering:pixelated}
        .strip small{color:var(--soft);font-size:.72rem}
        .sample figcaption{display:flex;justify-content:space-between;gap:10px;font-size:.85rem;margin-top:4px}
        .sample figcaption span{overflow-wrap:anywhere;color:var(--soft)}
        .bar{display:flex;height:26px;border-radius:6px;overflow:hidden;background:var(--line)}
        .bar i{display:block;height:100%}
        .bars{display:grid;grid-template-columns:max-content minmax(0,1fr) max-content;gap:8px 14px;align-items:center;
        margin-top:18px;font-size:.9rem}
        .k0{background:var(--c0)}.k1{background:var(--c2)}.k2{background:var(--c1)}.k3{background:var(--c3)}
        .k4{background:var(--c4)}.fill{background:var(--t)}.bank{background:var(--soft)}
        .legend{display:flex;flex-wrap:wrap;gap:4px 18px;font-size:.85rem;color:var(--soft);margin-top:14px}
        .legend i{display:inline-block;width:11px;height:11px;border-radius:3px;margin-right:6px;
        box-shadow:0 0 0 1px var(--line)}
        pre{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:14px 16px;overflow-x:auto;
        font:13px/1.55 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;margin:10px 0}
        code{font:.92em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
        .hash{overflow-wrap:anywhere;white-space:normal;font-size:.8rem}
        .files{display:grid;gap:2px 18px;margin:14px 0 0;grid-template-columns:max-content minmax(0,1fr)}
        .files dt{color:var(--soft);font-size:.9rem}.files dd{margin:0}
        h3 .note{font-weight:400}
        @media(max-width:640px){th,td{padding-left:10px;font-size:.84rem}th{font-size:.76rem}
        th,td:first-child{white-space:normal}td b{white-space:nowrap}.sub{padding-left:0}
        .bars{grid-template-columns:minmax(0,1fr) max-content;grid-auto-flow:dense;gap:4px 14px}
        .bars .bar{grid-column:1/3;margin-bottom:8px}.files{grid-template-columns:minmax(0,1fr)}.files dd{margin-bottom:10px}}
        details summary{cursor:pointer;margin-top:16px}
        @media print{.card,.plot,.sample{break-inside:avoid}}
        """
}
