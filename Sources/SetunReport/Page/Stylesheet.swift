/// How a page looks, light and dark.
enum Stylesheet {
  static let text = """
    :root { color-scheme: light dark; --ink: #1d2430; --soft: #5c6675; --line: #dfe3e8; --page: #fbfbfa; --card: #ffffff;
      --rest: #edeff2; --good: #2c7a4b; --bad: #b3372c;
      --c0: #2d6a9f; --c1: #7db0d3; --c2: #b9d3e4; --c3: #c0483b; --c4: #e0b13c; --c5: #8b7bb5; --c6: #b35c92;
      --c7: #d98a3d; --c8: #8a8f98; --c9: #bdb5a8; --p0: #8a95a3; --p1: #2d6a9f; --p2: #4b9b8c; --p3: #d98a3d;
      --p4: #b35c92; --p5: #8b7bb5; }
    @media (prefers-color-scheme: dark) {
      :root { --ink: #e4e8ee; --soft: #9aa5b4; --line: #2c343f; --page: #14181d; --card: #1a2027; --rest: #262d36;
        --good: #6cc08d; --bad: #e5786c; --c0: #4b8fc9; --c1: #88bbdd; --c2: #55718a; --c3: #d9685b; --c4: #d9b350;
        --c5: #9d8ecb; --c6: #c673a6; --c7: #dc9a58; --c8: #7f8791; --c9: #6d685f; --p0: #8a95a3; --p1: #4b8fc9;
        --p2: #5cb1a1; --p3: #dc9a58; --p4: #c673a6; --p5: #9d8ecb; }
    }
    * { box-sizing: border-box; }
    body { margin: 0; background: var(--page); color: var(--ink);
      font: 15px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
    main { max-width: 980px; margin: 0 auto; padding: 40px 24px 80px; }
    h1 { font-size: 27px; line-height: 1.25; margin: 0 0 4px; font-weight: 650; }
    h2 { font-size: 18px; margin: 0 0 6px; font-weight: 650; }
    h2 .badge { position: relative; top: -1px; }
    p { margin: 6px 0 12px; max-width: 76ch; }
    .soft, figcaption { color: var(--soft); }
    code { font: 13px/1.5 ui-monospace, "SF Mono", Menlo, Consolas, monospace; overflow-wrap: anywhere; }
    section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 22px 24px 18px;
      margin-top: 20px; }
    .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(200px, 1fr)); gap: 14px; margin-top: 24px; }
    .tile { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 14px 16px; }
    .tile b { display: block; font-size: 28px; line-height: 1.2; font-weight: 650; font-variant-numeric: tabular-nums; }
    .badge { display: inline-block; font-size: 11px; font-weight: 500; line-height: 17px; padding: 0 7px; margin-left: 6px;
      border-radius: 9px; border: 1px solid var(--line); color: var(--soft); vertical-align: middle; white-space: nowrap; }
    .badge.estimated, .badge.published { border-style: dashed; }
    .scroll { overflow-x: auto; }
    table { border-collapse: collapse; width: 100%; margin: 10px 0 6px; font-size: 14px; }
    th { text-align: left; font-weight: 600; color: var(--soft); font-size: 12.5px; vertical-align: bottom; }
    th, td { padding: 5px 12px 5px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
    tr:last-child td { border-bottom: 0; }
    th:last-child, td:last-child { padding-right: 0; }
    .n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
    td.n .soft { font-size: 12.5px; }
    tr .own { font-weight: 650; }
    .good { color: var(--good); font-weight: 600; }
    .bad { color: var(--bad); font-weight: 600; }
    svg { display: block; width: 100%; min-width: 640px; height: auto; margin: 8px 0; }
    td:first-child { min-width: 150px; }
    th.n { white-space: normal; }
    svg text { font-size: 13px; fill: var(--ink); }
    svg .note { fill: var(--soft); font-size: 12.5px; font-variant-numeric: tabular-nums; }
    svg .share { fill: #fff; font-size: 12px; font-weight: 600; }
    svg rect { stroke: var(--card); stroke-width: 0.7; }
    svg rect.rest { fill: var(--rest); stroke: none; }
    .grid { stroke: var(--line); stroke-width: 1; }
    .roof { fill: none; stroke-width: 2; }
    .roof.peak { stroke: var(--c8); stroke-dasharray: 5 4; }
    .roof.deliverable { stroke: var(--c3); }
    .roof.engine { stroke: var(--c0); }
    .roof.rowunits { stroke: var(--c6); }
    .point { fill: var(--ink); stroke: var(--card); stroke-width: 2; }
    .legend { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 18px; padding: 0; margin: 8px 0; font-size: 13px;
      color: var(--soft); }
    .swatch { display: inline-block; width: 11px; height: 11px; border-radius: 2px; margin-right: 6px; }
    details { margin: 8px 0 4px; }
    summary { cursor: pointer; color: var(--soft); font-size: 13.5px; }
    dl { display: grid; grid-template-columns: max-content 1fr; gap: 3px 18px; margin: 8px 0; font-size: 14px; }
    dt { color: var(--soft); } dd { margin: 0; }
    @media (max-width: 640px) { main { padding: 20px 12px 48px; } section { padding: 16px 14px; } }
    @media print { section, .tile { break-inside: avoid; } }
    \(colours("c", 10))
    \(colours("p", 6))
    """

  private static func colours(_ name: String, _ count: Int) -> String {
    (0..<count).map { ".\(name)\($0) { fill: var(--\(name)\($0)); background: var(--\(name)\($0)); }" }
      .joined(separator: "\n")
  }
}
