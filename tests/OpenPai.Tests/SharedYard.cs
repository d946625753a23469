namespace Switchyard.OpenPai.Tests;

/// <summary>One server for the cases of a class that have jobs of their own.</summary>
public sealed class SharedYard : IAsyncLifetime
{
    public Yard Yard { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Yard = await Yard.Start();

    public async ValueTask DisposeAsync()
    {
        if (Yard is not null)
            await Yard.DisposeAsync();
    }
}
