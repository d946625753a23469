return Switchyard.Executors.Process.HostProgram.Run(args);
