from django.urls import path

from bench.comparison.naive.views import ReceiveCall

urlpatterns = [path("webhooks/calls", ReceiveCall.as_view())]
