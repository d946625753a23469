namespace Switchyard.Cloudera.Tests;

/// <summary>One server for the cases of a class that are refused, and so find it as it was.</summary>
public sealed class SharedMl : IAsyncLifetime
{
    public Ml Ml { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Ml = await Ml.Start();

    public async ValueTask DisposeAsync()
    {
        if (Ml is not null)
            await Ml.DisposeAsync();
    }
}
