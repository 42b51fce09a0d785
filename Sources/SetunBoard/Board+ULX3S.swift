extension Board {
  /// Radiona ULX3S with a LFE5U-85F. Pins of versions 2 and 3, from the board's own constraints
  /// (github.com/emard/ulx3s, doc/constraints/ulx3s_v20.lpf).
  public static let ulx3s = Board(
    name: "ulx3s", title: "Radiona ULX3S, Lattice LFE5U-85F-6BG381C", configuration: .ulx3s, device: "ecp5-85",
    placement: ["--85k", "--package", "CABGA381", "--speed", "6"], oscillatorMHz: 25,
    pins: [
      Pin(port: "clk_25mhz_i", site: "G2", pull: .none, drive: nil, meaning: "The oscillator."),
      Pin(port: "reset_button_n_i", site: "D6", pull: .up, drive: nil, meaning: "Button PWR, 0 while it is pressed."),
      Pin(port: "ftdi_txd_i", site: "M1", pull: .up, drive: nil, meaning: "Serial line from the FT231X."),
      Pin(port: "ftdi_nrts_i", site: "M3", pull: .up, drive: nil, meaning: "1 while the FT231X has no room."),
      Pin(port: "ftdi_rxd_o", site: "L4", pull: .up, drive: 4, meaning: "Serial line to the FT231X."),
      Pin(
        port: "wifi_gpio0_o", site: "L2", pull: .none, drive: 4, meaning: "Kept high: the ESP32 leaves the board alone."
      ),
    ]
      + ["B2", "C2", "C1", "D2", "D1", "E2", "E1", "H3"].enumerated().map { number, site in
        Pin(port: "led_o[\(number)]", site: site, pull: .none, drive: 4, meaning: "LED \(number).")
      })
}
