import { type Daemon, freePort, startDaemon } from './daemon.ts';

/** What these tests need to be installed; the program itself is not used, but comes with the library that is. */
export const PYMODBUS_PROGRAMS = ['pymodbus.server'];

export interface Pymodbus extends Daemon {
  readonly port: number;
  close(): Promise<void>;
}

/** Unit 7 has a few registers and bits from address 0, and says who it is. */
const SERVER = `
import sys
from pymodbus.server import StartTcpServer
from pymodbus.device import ModbusDeviceIdentification
from pymodbus.datastore import ModbusSequentialDataBlock as Block, ModbusSlaveContext, ModbusServerContext
unit = ModbusSlaveContext(zero_mode=True,
    hr=Block(0, [1, 65535, 0x4048, 0xF5C3]), ir=Block(0, [215]), co=Block(0, [True, False]), di=Block(0, [False, True]))
identity = ModbusDeviceIdentification(info_name={
    'VendorName': 'Example', 'ProductCode': 'PLC 7', 'MajorMinorRevision': 'v1.2'})
StartTcpServer(context=ModbusServerContext(slaves={7: unit}, single=False), identity=identity,
    address=('127.0.0.1', int(sys.argv[1])))
`;

/** Starts a Modbus/TCP server of pymodbus on a free port of 127.0.0.1. */
export async function startPymodbus(): Promise<Pymodbus> {
  const port = await freePort();
  const daemon = await startDaemon({
    argv: ['/usr/bin/python3', '-c', SERVER, String(port)],
    ready: port,
    patience_ms: 30_000,
  });
  return { ...daemon, port, close: () => daemon.stop() };
}
