import BuiltInModel
import Checkpoint
import HardwareDescription
import HardwareSimulator
import SetunBoard
import SetunCompiler
import SetunMachine
import SetunSimulator
import Testing

/// Core and memory as they stand on the chip, driven by their host port alone.
@Suite struct OnChipSystemTests {
  /// A host that writes and reads registers.
  private struct Host {
    let simulation: Simulation

    func write(_ address: UInt16, _ value: Int) throws {
      try simulation.poke("axil_awvalid", true)
      try simulation.poke("axil_wvalid", true)
      try simulation.poke("axil_awaddr", Int(address))
      try simulation.poke("axil_wdata", value)
      try simulation.poke("axil_wstrb", 15)
      try simulation.poke("axil_bready", true)
      for _ in 0..<20 {
        let (address, data) = (try simulation.peek("axil_awready"), try simulation.peek("axil_wready"))
        let isDone = try simulation.peek("axil_bvalid") == 1
        simulation.step()
        if address == 1 { try simulation.poke("axil_awvalid", false) }
        if data == 1 { try simulation.poke("axil_wvalid", false) }
        if isDone { return }
      }
      Issue.record("no answer to a write")
    }

    func read(_ address: UInt16) throws -> Int {
      try simulation.poke("axil_arvalid", true)
      try simulation.poke("axil_araddr", Int(address))
      try simulation.poke("axil_rready", true)
      for _ in 0..<20 {
        let taken = try simulation.peek("axil_arready") == 1
        let isDone = try simulation.peek("axil_rvalid") == 1
        let value = Int(try simulation.peek("axil_rdata"))
        simulation.step()
        if taken { try simulation.poke("axil_arvalid", false) }
        if isDone { return value }
      }
      Issue.record("no answer to a read")
      return 0
    }
  }

  @Test func theBuiltInModelRunsFromTheChipInThePredictedCycles() throws {
    let model = try CompiledModel(try Checkpoint(directory: BuiltInModel.directory), for: .ulx3s)
    let image = try OnChipImage(model)
    let banks = MemoryBank.banks(depth: image.depth, shapes: MemoryBankTests.shapes)
    let memory = OnChipMemory(image: image, banks: banks, configuration: .ulx3s)
    let simulation = try Simulation(OnChipSystem(configuration: .ulx3s, memory: memory))
    simulation.assertReset()
    simulation.step(2)
    simulation.releaseReset()
    let host = Host(simulation: simulation)
    #expect(try host.read(ControlRegister.identity.address) == Int(ControlRegister.identityValue))

    var machine = MachineSimulator(model)
    var observer = NoObserver()
    let prompt = [1, 17, 200]
    let request = RunRequest(prompt: prompt, budget: 2)
    let expected = try machine.run(request, memory: .onChip, records: false, observer: &observer)

    for (number, token) in prompt.enumerated() {
      try host.write(try #require(ControlRegister.promptAddress(number)), token)
    }
    try host.write(ControlRegister.promptLength.address, prompt.count)
    try host.write(ControlRegister.tokenBudget.address, 2)
    let command: ControlCommand = [.clear, .start]
    try host.write(ControlRegister.control.address, Int(command.rawValue))
    var isBusy = true
    for _ in 0..<200 where isBusy {
      simulation.step(500)
      isBusy = try host.read(ControlRegister.status.address) & 1 == 1
    }
    #expect(!isBusy)
    var tokens: [Int] = []
    for _ in 0..<2 { tokens.append(try host.read(ControlRegister.token.address) & 0x7FFF_FFFF) }
    #expect(tokens == expected.generated)
    #expect(try host.read(ControlRegister.cyclesLow.address) == expected.cycles)
  }
}
