using Switchyard.Executors.Process;
using Switchyard.Server;
using Switchyard.Server.Configuration;

if (args is ["host", ..])
    return HostProgram.Run(args[1..]);

string? Flag(string name) => Array.IndexOf(args, name) is var at and >= 0 ? args[at + 1] : null;
var settings = new YardSettings
{
    Urls = (Flag("--urls") ?? "http://127.0.0.1:8484").Split(';'),
    Data = Path.GetFullPath(Flag("--data") ?? ".yard"),
    AdminToken = Environment.GetEnvironmentVariable("YARD_ADMIN_TOKEN"),
    AdminPassword = Environment.GetEnvironmentVariable("YARD_ADMIN_PASSWORD"),
};
await using var composition = await Composition.Build(settings, TimeProvider.System, default);
var made = await composition.Start(null, false, default);
Console.WriteLine($"listening on {string.Join(", ", composition.Server.Urls)} {made}");
var end = new TaskCompletionSource();
using var term = System.Runtime.InteropServices.PosixSignalRegistration.Create(System.Runtime.InteropServices.PosixSignal.SIGTERM, context => { context.Cancel = true; end.TrySetResult(); });
Console.CancelKeyPress += (_, e) => { e.Cancel = true; end.TrySetResult(); };
await end.Task;
await composition.Stop();
return 0;
