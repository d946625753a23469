using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Switchyard.Server.Configuration;

namespace Switchyard.Server;

/// <summary>The log: one line an entry, on standard error; standard output belongs to the answers of commands.</summary>
internal static class YardLogging
{
    public static ILoggerFactory Create(YardSettings settings) =>
        LoggerFactory.Create(logging =>
        {
            logging.SetMinimumLevel(settings.LogLevel).AddSimpleConsole(console => (console.SingleLine, console.TimestampFormat) = (true, "HH:mm:ss "));
            logging.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        });
}
